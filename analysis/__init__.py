"""What did observers and models do, and with what certainty?"""
