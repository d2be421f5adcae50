"""Officers' pages, server-rendered. Must not import another edge (bots, integrations, site, actions)."""
