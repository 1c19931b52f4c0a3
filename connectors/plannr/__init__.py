"""The adviser's CRM: what is needed of it, how it is spoken to, and a stand-in."""
