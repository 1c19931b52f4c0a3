"""Does an account number belong to a sort code?"""
