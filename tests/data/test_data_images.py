"""From image files to pixels."""

import io
import logging
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms import Resize

from weightscape import tensors
from weightscape.data import _pixels
from weightscape.data._pixels import decode_all, decode_image, report_progress, resize_all

RNG = np.random.default_rng(0)
PHOTO = np.asarray(
    Image.fromarray(RNG.integers(0, 256, (6, 8, 3), np.uint8)).resize((60, 40), Image.BICUBIC)
)


def file_of(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(pixels, colour_type):
    """Return a PNG of 16 bits a channel, which Pillow does not write for colours."""

    def chunk(name, data):
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


def test_a_photograph_is_resized_as_torchvision_does():
    for size in (16, 100):
        expected = Resize((size, size))(Image.fromarray(PHOTO))
        found = decode_image(file_of(Image.fromarray(PHOTO)), size)
        assert np.array_equal(found, np.asarray(expected).transpose(2, 0, 1))


def test_an_image_of_the_right_size_is_left_as_it_is(tmp_path):
    (tmp_path / "x.png").write_bytes(file_of(Image.fromarray(PHOTO[:, :40])))
    assert np.array_equal(decode_image(tmp_path / "x.png", 40).transpose(1, 2, 0), PHOTO[:, :40])


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_is_scaled_and_not_clipped(kind):
    grey = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    found = decode_image(file_of(Image.fromarray(grey), kind), 64)
    assert np.array_equal(found, np.rint(grey / 257).astype(np.uint8)[None].repeat(3, 0))


def test_16_bit_colours_are_scaled_and_not_clipped():
    pixels = RNG.integers(0, 65536, (16, 16, 3), np.uint16)
    found = decode_image(png(pixels, 2), 16).transpose(1, 2, 0)
    assert np.abs(found - pixels / 257).max() <= 1


def test_grey_palette_and_one_bit_become_rgb():
    photo = Image.fromarray(PHOTO[:40, :40])
    for image in (photo.convert("L"), photo.quantize(7), photo.convert("1")):
        expected = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
        assert np.array_equal(decode_image(file_of(image), 40), expected)


def test_cmyk_of_photoshop_comes_out_in_its_colours():
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    found = decode_image(file_of(red, "JPEG", quality=95), 16)
    assert np.abs(found.reshape(3, -1).mean(1) - [255, 0, 0]).max() < 3


def test_transparent_parts_are_white():
    clear = np.zeros((16, 16, 4), np.uint8)
    clear[:8] = 255, 0, 0, 255
    clear[4:8, :, 3] = 128
    found = decode_image(file_of(Image.fromarray(clear)), 16)
    assert found[:, 0, 0].tolist() == [255, 0, 0]
    assert found[:, 5, 0] == pytest.approx([255, 127, 127], abs=1)
    assert found[:, 12, 0].tolist() == [255] * 3
    palette = Image.fromarray(clear[..., 0]).quantize(2)
    hidden = palette.getpixel((0, 0))
    found = decode_image(file_of(palette, transparency=hidden), 16)
    assert found[:, 0, 0].tolist() == [255] * 3 and found[:, 12, 0].tolist() == [0] * 3
    grey = Image.fromarray(np.dstack([clear[..., 0], clear[..., 3]]))
    assert decode_image(file_of(grey), 16)[:, 12, 0].tolist() == [255] * 3


def test_exif_turns_an_image_upright():
    corner = np.zeros((16, 16, 3), np.uint8)
    corner[:4, :4] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    found = decode_image(file_of(Image.fromarray(corner), exif=exif), 16)
    assert np.array_equal(found.transpose(1, 2, 0), np.rot90(corner, -1))


def test_values_of_unknown_range_are_refused():
    image = Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8))
    with pytest.raises(ValueError, match=r"mode F.*no 16-bit"):
        decode_image(file_of(image, "TIFF"), 8)
    wide = Image.fromarray(np.full((8, 8), 70_000, np.int32))
    with pytest.raises(ValueError, match="no 16-bit"):
        decode_image(file_of(wide, "TIFF"), 8)


BROKEN = {
    "cut": file_of(Image.fromarray(PHOTO), "JPEG")[:500],
    "text": b"not an image",
    "empty": b"",
    "cut.png": file_of(Image.fromarray(PHOTO))[:500],
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_unreadable_image_is_named(name):
    good = file_of(Image.fromarray(PHOTO))
    with pytest.raises(ValueError, match=f"{name} cannot be read as an image.*skip_unreadable"):
        decode_all([("good", good), (name, BROKEN[name])], 2, 8, skip_unreadable=False)


def test_unreadable_images_are_left_out_and_counted(caplog):
    photos = [PHOTO[:, k : k + 40] for k in range(3)]
    good = [(str(k), file_of(Image.fromarray(photo))) for k, photo in enumerate(photos)]
    bad = list(BROKEN.items())
    files = [bad[0], good[0], bad[1], bad[2], good[1], good[2], bad[3]]
    images, read = decode_all(files, len(files), 40, skip_unreadable=True)
    assert read.tolist() == [1, 4, 5]
    assert np.array_equal(images.transpose(0, 2, 3, 1), np.stack(photos))
    assert all(f"{name} cannot be read" in caplog.text for name in BROKEN)
    assert "4 of 7 images cannot be read and are left out" in caplog.text


def test_more_images_than_memory_go_to_disk_one_by_one(monkeypatch):
    monkeypatch.setattr(tensors, "IN_MEMORY", 3 * 16 * 16 * 5)
    files = ((str(k), file_of(Image.new("RGB", (20, 20), (k, 2 * k, 3 * k)))) for k in range(20))
    images, read = decode_all(files, 20, 16, skip_unreadable=False)
    assert isinstance(images, np.memmap) and len(read) == 20
    assert images[:, :, 3, 3].tolist() == [[k, 2 * k, 3 * k] for k in range(20)]


def test_arrays_are_resized_as_torchvision_does():
    photos = RNG.integers(0, 256, (3, 3, 32, 32), np.uint8)
    assert resize_all(photos, 32) is photos
    for size in (20, 50):
        for photo, found in zip(photos, resize_all(photos, size), strict=True):
            expected = Resize((size, size))(Image.fromarray(photo.transpose(1, 2, 0)))
            assert np.array_equal(found.transpose(1, 2, 0), np.asarray(expected))


def test_a_long_work_says_how_far_it_is(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    assert list(report_progress(iter("abc"), 3, "letters")) == ["a", "b", "c"] and not caplog.text
    monkeypatch.setattr(_pixels, "EVERY", 0.0)
    assert list(report_progress(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert [record.getMessage() for record in caplog.records][-1] == "2 of 3 letters"
