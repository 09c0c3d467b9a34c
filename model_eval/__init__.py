"""Which images does every model get right, and which does none?"""
