"""The social network: who follows whom, what is posted, what is read, whom to suggest."""
