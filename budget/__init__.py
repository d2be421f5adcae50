"""Budget figures with their source rows: import, reconcile, query, answer. Must know no network."""
