"""What is known of a document beside its text: title, dates, language, standing, keys."""
