"""Sample content: a picture, a sound, and resources."""

import base64
import io
import struct
import wave
import zlib

import mcp_types as types


def _base64(data):
    return base64.b64encode(data).decode()


def red_pixel():
    """A PNG of one red pixel."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)  # 1 x 1, 8 bits each of red, green and blue
    line = b"\x00\xff\x00\x00"  # unfiltered
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(line)) + chunk(b"IEND", b"")


def silence():
    """A WAV of a hundredth of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 80)
    return file.getvalue()


def text(value):
    return types.TextContent(text=value)


def image():
    return types.ImageContent(data=_base64(red_pixel()), mime_type="image/png")


def audio():
    return types.AudioContent(data=_base64(silence()), mime_type="audio/wav")


def embedded(uri, value, mime_type="text/plain"):
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, text=value, mime_type=mime_type))


def blob(uri, data, mime_type):
    return types.BlobResourceContents(uri=uri, blob=_base64(data), mime_type=mime_type)
