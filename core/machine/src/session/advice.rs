//! Advice: what the user could do better, as one pure function of what is known.
