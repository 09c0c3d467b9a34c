"""Interrupt every command that writes, at every step, and compare with a study that was left undisturbed.

``make faults`` tries every step of every command; the tests try a few.
"""
