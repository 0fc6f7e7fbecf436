"""Self-contained HTML reports: `page` lays out sections, `charts` draws SVG. No script, no network, no other file."""
