"""Text of `format=flowed` (RFC 3676): lines that end in a space go on in the next one of the same quote depth."""

SIGNATURE_DELIMITER = "-- "


def unflow(text: str, *, delete_space: bool) -> str:
    """Join the flowed lines of a text and take out the space stuffing; `delete_space` is the DelSp parameter."""
    paragraphs: list[str] = []
    pieces: list[str] = []
    depth_before = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if pieces and (depth != depth_before or content == SIGNATURE_DELIMITER):
            # A paragraph that wants to go on into another depth, or into a signature, is wrong and ends here.
            paragraphs.append(_quoted(depth_before, "".join(pieces).rstrip(" ")))
            pieces = []
        flowed = content.endswith(" ") and content != SIGNATURE_DELIMITER
        pieces.append(content[:-1] if flowed and delete_space else content)
        if not flowed:
            paragraphs.append(_quoted(depth, "".join(pieces)))
            pieces = []
        depth_before = depth
    if pieces:
        paragraphs.append(_quoted(depth_before, "".join(pieces).rstrip(" ")))
    return "\n".join(paragraphs)


def _quoted(depth: int, text: str) -> str:
    return f"{'>' * depth} {text}".rstrip() if depth else text
