"""Worlds set aside: paths as trainings have them, made up without a look at how the rule answers.

They are worlds of `benchmarks.unseen`. In those of size no two families share anything but the
amount of training, chance and noise; in those of power dropout and augmentation share a pattern.
"""

from benchmarks import paths
from benchmarks.unseen import World

SIZE_LATER: dict[str, World] = {
    "head first": World(
        "twenty layers set out one after the other, the head first",
        paths.train_head_first,
        layers=20,
        noise=0.05,
        places=(0.5, 0.95),
        stops={"control-steps": 0.7},
    ),
    "settling": World(
        "layers overshoot and settle; families stop between a control at .6 and the baseline",
        paths.settle,
        layers=10,
        places=(0.6, 0.95),
        stops={"control-steps": 0.6},
    ),
    "settling, little noise": World(
        "forty layers overshoot and settle; hardly any noise, and the control stops at .9",
        paths.settle,
        layers=40,
        noise=0.02,
        places=(0.7, 1.2),
        stops={"control-steps": 0.9},
    ),
    "schedule": World(
        "a warm-up and a cosine, whose rate holds the layers off until the end",
        paths.follow_schedule,
        layers=20,
        places=(0.5, 0.95),
        stops={"control-steps": 0.7},
    ),
    "schedule, uneven layers": World(
        "a warm-up and a cosine; layers differ much in noise, and augmentation lacks a seed",
        paths.follow_schedule,
        layers=40,
        noise=0.2,
        spread=1.0,
        places=(0.7, 1.2),
        stops={"control-steps": 0.9},
        missing={"augmentation": 1},
    ),
    "plateau and drop": World(
        "layers creep, then drop at about half the training, each at its time",
        paths.wait_and_drop,
        layers=20,
        noise=0.05,
        places=(0.5, 0.95),
        stops={"control-steps": 0.6},
    ),
    "drops of each seed": World(
        "layers creep, then drop; runs stop 5 % off their place and seeds drop otherwise too",
        paths.wait_and_drop,
        layers=10,
        places=(0.7, 1.2),
        stops={"control-steps": 0.7},
        jitter=0.05,
        own_path=0.3,
    ),
    "spiral": World(
        "the training winds outwards in two planes of ten layers",
        paths.spiral,
        layers=10,
        noise=0.02,
        places=(0.7, 1.2),
        stops={"control-steps": 0.7},
    ),
    "spiral, noise of seeds": World(
        "a spiral; most of the noise is a seed's own, and a third of it common to the layers",
        paths.spiral,
        layers=20,
        noise=0.2,
        places=(0.5, 0.95),
        stops={"control-steps": 0.6},
        common=0.3,
        shared=0.7,
    ),
    "diffusion": World(
        "weights drift and diffuse, and runs part with the root of the training",
        paths.diffuse,
        layers=40,
        places=(0.5, 0.95),
        stops={"control-steps": 0.7},
        growth=0.5,
    ),
    "diffusion, much noise": World(
        "weights drift and diffuse; noise of .4 grows as the training, synthetic hardly trains",
        paths.diffuse,
        layers=20,
        noise=0.4,
        places=(0.7, 1.2),
        stops={"control-steps": 0.7, "synthetic": 0.15},
        growth=1.0,
    ),
    "control lacks a seed": World(
        "an arc; noise grows as the training, the control lacks a seed and is 5 % off the path",
        paths.bow,
        layers=20,
        places=(0.7, 1.2),
        stops={"control-steps": 0.6},
        detour=0.05,
        missing={"control-steps": 0},
        growth=1.0,
    ),
}
"""Worlds in which no two families share anything but the amount of training."""

POWER_LATER: dict[str, World] = {
    "settling": World(
        "twenty layers overshoot and settle, families stop within the control's reach",
        paths.settle,
        layers=20,
        places=(0.8, 1.0),
        stops={"control-steps": 0.7},
        pattern=4.0,
    ),
    "head first": World(
        "ten layers set out one after the other; families stop within the reach of a far control",
        paths.train_head_first,
        layers=10,
        noise=0.2,
        places=(0.7, 1.0),
        stops={"control-steps": 0.6},
        pattern=4.0,
    ),
    "schedule": World(
        "a warm-up and a cosine over forty uneven layers, within the control's reach",
        paths.follow_schedule,
        layers=40,
        noise=0.05,
        spread=0.8,
        places=(0.75, 1.0),
        stops={"control-steps": 0.7},
        pattern=4.0,
    ),
}
"""Worlds in which dropout and augmentation share a pattern beside the amount."""
