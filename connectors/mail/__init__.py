"""E-mail: the port, its SMTP adapter, the templates, and the development inbox."""
