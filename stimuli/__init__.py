"""Which images will observers see, in which pairs?"""
