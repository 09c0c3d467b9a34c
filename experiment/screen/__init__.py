"""What participants see: texts, pages, positions of images, and the PsychoPy window.

`canvas` draws every screen with Pillow and `layout` places the images. Only the modules ``psychopy_*`` need
PsychoPy and a screen; `load_psychopy` loads them.
"""
