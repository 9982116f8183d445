"""AutoAugment, RandAugment and AugMix beside torchvision's, operation by operation."""

import pytest
import torch
from pydantic import ValidationError
from torchvision.transforms import v2

from tests.helpers.augmenting import called, generator, levels, magnitude_in, operate
from weightscape.augment import _operations, aug_mix, auto_augment, rand_augment
from weightscape.augment.aug_mix import AugMix
from weightscape.augment.rand_augment import RandAugment

torch.set_num_threads(1)

SHAPES = [(1, 32, 32), (3, 20, 27)]

# Torchvision rounds down to whole levels after each of these, and colour once per channel.
INEXACT = {"brightness": 1.001, "auto_contrast": 1.001}
INEXACT |= dict.fromkeys(("color", "contrast", "sharpness"), 2.001)


def index(name):
    return _operations.OPERATIONS.index(name)


def error_of(found, images, steps, interpolation="nearest"):
    """Return how many levels off `found` is from torchvision's operations in turn."""
    expected = []
    for image in images:
        for name, magnitude in steps:
            image = operate(image, name, magnitude, interpolation)
        expected.append(image)
    return (found * 255 - torch.stack(expected)).abs()


def assert_near(error, names):
    inexact = [name for name in names if name in INEXACT]
    if names[0] in INEXACT and names[-1] == "solarize":
        # A level next to the threshold may end on its other side.
        assert (error > 3).float().mean() < 0.02
    else:
        # A later change of contrast enlarges what an earlier operation is off.
        assert error.max() <= max(1e-3, 1.8 * sum(INEXACT[name] for name in inexact))


# AutoAugment


def test_the_policy_is_torchvisions():
    theirs = [
        tuple((called(name), p, strength or 0) for name, p, strength in steps)
        for steps in v2.AutoAugment()._policies
    ]
    assert list(auto_augment.POLICY) == theirs


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("policy", sorted(set(auto_augment.POLICY)))
def test_sub_policy_is_torchvisions(policy, shape):
    images = levels(3, *shape)
    n, chosen = len(images), auto_augment.POLICY.index(policy)
    for done in ((True, True), (True, False), (False, True), (False, False)):
        for sign in (1, -1):
            steps = []
            for (name, _, strength), yes in zip(policy, done, strict=True):
                space = v2.AutoAugment._AUGMENTATION_SPACE
                by, signed = magnitude_in(space, name, strength, 10, shape[1:])
                if yes:
                    steps.append((name, by * sign if signed else by))
            found = auto_augment.apply(
                images / 255,
                torch.full((n,), chosen),
                torch.tensor(done).expand(n, 2),
                torch.full((n, 2), sign),
            )
            error = error_of(found, images, steps)
            assert_near(error, [name for name, _ in steps] or ["identity"])


def test_sub_policies_are_uniform_and_steps_as_likely_as_given():
    n = 50_000
    chosen, done, signs = auto_augment.draw(n, generator())
    counts = chosen.bincount(minlength=25)
    assert len(counts) == 25
    assert (counts - n / 25).abs().max() < 6 * (n / 25) ** 0.5
    for place, steps in enumerate(auto_augment.POLICY):
        for step in (0, 1):
            share = done[chosen == place, step].double().mean().item()
            p = steps[step][1]
            assert share == pytest.approx(p, abs=6 * (p * (1 - p) / counts[place].item()) ** 0.5)
        both, p = done[chosen == place].all(1).double().mean().item(), steps[0][1] * steps[1][1]
        assert both == pytest.approx(p, abs=6 * (p * (1 - p) / counts[place].item()) ** 0.5)
    assert signs.double().mean().abs() < 6 / (2 * n) ** 0.5
    assert signs.double().T.corrcoef()[0, 1].abs() < 6 / n**0.5


# RandAugment


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", rand_augment.OPERATIONS)
def test_rand_operation_is_torchvisions(name, shape):
    images = levels(3, *shape)
    n, bins = len(images), 31
    # Not 4, for one: its slope of 0.04 leads to the middle between two pixels.
    for magnitude in (0, 3, 9, 17, 30):
        augment = RandAugment(num_ops=1, magnitude=magnitude)
        by, signed = magnitude_in(
            v2.RandAugment._AUGMENTATION_SPACE, name, magnitude, bins, shape[1:]
        )
        for sign in (1, -1) if signed else (1,):
            operations = torch.full((n, 1), rand_augment.OPERATIONS.index(name))
            signs = torch.full((n, 1), sign)
            found = augment.apply(images / 255, operations, signs)
            assert_near(error_of(found, images, [(name, by * sign)]), [name])


@pytest.mark.parametrize("name", rand_augment.OPERATIONS)
def test_uniform_and_tiny_images_are_operated_on_as_by_torchvision(name):
    uniform = torch.full((1, 3, 24, 24), 77, dtype=torch.uint8)
    for images in (uniform, levels(2, 3, 12, 12), levels(2, 1, 3, 3), levels(2, 3, 2, 5)):
        by, _ = magnitude_in(v2.RandAugment._AUGMENTATION_SPACE, name, 9, 31, images.shape[2:])
        ones = torch.ones((len(images), 1), dtype=torch.int64)
        operations = rand_augment.OPERATIONS.index(name) * ones
        found = RandAugment().apply(images / 255, operations, ones)
        assert_near(error_of(found, images, [(name, by)]), [name])


def test_rand_operations_follow_one_another():
    images = levels(200, 3, 16, 24)
    augment = RandAugment(num_ops=3, magnitude=11)
    exact = [name for name in rand_augment.OPERATIONS if name not in INEXACT]
    places = torch.tensor([rand_augment.OPERATIONS.index(name) for name in exact])
    operations = places[torch.randint(len(exact), (200, 3), generator=generator())]
    signs = _operations.draw_signs((200, 3), generator(1))
    found = augment.apply(images / 255, operations, signs)
    for i, image in enumerate(images):
        steps = []
        for operation, sign in zip(operations[i], signs[i], strict=True):
            name = rand_augment.OPERATIONS[operation]
            by, signed = magnitude_in(v2.RandAugment._AUGMENTATION_SPACE, name, 11, 31, (16, 24))
            steps.append((name, by * sign.item() if signed else by))
        assert error_of(found[i : i + 1], [image], steps).max() < 1e-3


def test_rand_draws_are_uniform_and_independent():
    operations, signs = RandAugment().draw(14_000, generator())
    assert operations.shape == signs.shape == (14_000, 2)
    counts = (14 * operations[:, 0] + operations[:, 1]).bincount(minlength=14**2)
    assert (counts - 14_000 / 14**2).abs().max() < 6 * (14_000 / 14**2) ** 0.5
    assert signs.unique().tolist() == [-1, 1]
    assert signs.double().mean().abs() < 6 / 28_000**0.5


@pytest.mark.parametrize("options", [{"magnitude": 31}, {"magnitude": -1}, {"num_ops": 0}])
def test_rand_options_refuse_what_is_not_there(options):
    with pytest.raises(ValidationError):
        RandAugment(**options)


# AugMix


def draws_of(n, name, strength, sign):
    """Return draws that leave of an image what one operation makes of it."""
    one = torch.ones((n, 1, 1), dtype=torch.int64)
    weights = torch.tensor([[0.0, 1.0]]).expand(n, 2)
    return aug_mix.Draws(index(name) * one, strength * one, sign * one, weights)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("theirs", v2.AugMix._AUGMENTATION_SPACE)
def test_mixed_operation_is_torchvisions(theirs, shape):
    images, name = levels(3, *shape), called(theirs)
    for strength in (0, 1, 2, 9):
        by, signed = magnitude_in(v2.AugMix._AUGMENTATION_SPACE, name, strength, 10, shape[1:])
        for sign in (1, -1) if signed else (1,):
            found = aug_mix.apply(images / 255, draws_of(3, name, strength, sign))
            error = error_of(found, images, [(name, by * sign)], "bilinear")
            # A mean of half a level is rounded up or down by the last bit of a float, which
            # processors do not share.
            assert (error > INEXACT.get(name, 1e-3)).float().mean() < 0.03
            assert error.max() < 2.001


def test_chains_are_mixed_by_their_weights():
    images = levels(5, 3, 16, 16)
    draws = AugMix().draw(5, generator())
    found = aug_mix.apply(images / 255, draws)
    for i, image in enumerate(images):
        mixed = draws.weights[i, 0] * image
        for chain in range(3):
            changed = image / 255
            for step in range(3):
                changed = aug_mix.apply(
                    changed[None],
                    aug_mix.Draws(
                        *(draw[i, chain, step].view(1, 1, 1) for draw in draws[:3]),
                        torch.tensor([[0.0, 1.0]]),
                    ),
                )[0]
            mixed += draws.weights[i, 1 + chain] * changed * 255
        assert (found[i] * 255 - mixed).abs().max() <= 0.501


def test_an_image_that_is_mixed_with_nothing_stays():
    images = levels(4, 3) / 255
    draws = AugMix().draw(4, generator())
    draws = draws._replace(weights=torch.eye(1, 4).expand(4, 4))
    torch.testing.assert_close(aug_mix.apply(images, draws), images, rtol=0, atol=1e-6)


def test_mixing_weights_have_their_distributions():
    n = 20_000
    for alpha in (1.0, 4.0):
        weights = AugMix(alpha=alpha).draw(n, generator()).weights.double()
        assert (weights.sum(1) - 1).abs().max() < 1e-5 and weights.min() >= 0
        # Beta(a, a) has the variance 1 / (4 (2a + 1)); a share of three, 2 / (9 (3a + 1)).
        chains = weights[:, 1:] / (1 - weights[:, :1])
        for found, mean, variance in (
            (weights[:, 0], 1 / 2, 1 / (4 * (2 * alpha + 1))),
            (chains[:, 2], 1 / 3, 2 / (9 * (3 * alpha + 1))),
        ):
            assert found.mean().item() == pytest.approx(mean, abs=6 * (variance / n) ** 0.5)
            assert found.var().item() == pytest.approx(variance, rel=0.1)


def test_chains_have_one_to_three_operations_of_the_weakest_strengths():
    draws = AugMix(severity=4).draw(13_000, generator())
    depths = (draws.operations != index("identity")).sum(2).flatten()
    counts = depths.bincount(minlength=4)
    assert counts[0] == 0 and len(counts) == 4
    assert (counts[1:] - 13_000).abs().max() < 6 * 13_000**0.5
    names = {_operations.OPERATIONS[i] for i in draws.operations.unique()} - {"identity"}
    assert names == {called(theirs) for theirs in v2.AugMix._AUGMENTATION_SPACE}
    first = draws.operations[:, :, 0].flatten().bincount()
    assert (first[first > 0] - 3000).abs().max() < 6 * 3000**0.5
    strengths = draws.strengths.flatten().bincount()
    assert len(strengths) == 4
    assert (strengths / strengths.sum() - 1 / 4).abs().max() < 0.01


def test_chains_have_a_given_depth_width_and_set_of_operations():
    augment = AugMix(chain_depth=4, mixture_width=2, all_ops=False)
    draws = augment.draw(500, generator())
    assert draws.operations.shape == (500, 2, 4) and draws.weights.shape == (500, 3)
    names = {_operations.OPERATIONS[i] for i in draws.operations.unique()}
    assert names == {called(theirs) for theirs in v2.AugMix._PARTIAL_AUGMENTATION_SPACE}
    images = levels(500, 1, 8, 8) / 255
    assert aug_mix.apply(images, draws).shape == images.shape


@pytest.mark.parametrize(
    "options",
    [{"severity": 0}, {"severity": 11}, {"chain_depth": 0}, {"chain_depth": -2}, {"alpha": 0}],
)
def test_mix_options_refuse_what_is_not_there(options):
    with pytest.raises(ValidationError):
        AugMix(**options)
