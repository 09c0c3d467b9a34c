"""The colours of all screens: greys only, because the surround of an image changes how it looks."""

BACKGROUND = (128, 128, 128)
INK = (17, 17, 17)
QUIET = (62, 62, 62)
PAPER = (236, 236, 236)
TRACK = (112, 112, 112)
