"""What the portal's and the workbench's pages share: rendering, forms, problems as pages, the brand's files."""
