"""Policy articles: import, index, search, passages, abstention. Must not talk to citizens or Rasa."""
