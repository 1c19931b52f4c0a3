"""The client portal: signing in, tasks, documents, acceptances and their evidence."""
