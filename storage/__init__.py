"""Onward's own database: connections, migrations and one repository per topic."""
