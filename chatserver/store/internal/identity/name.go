package identity

// NameKey gives the form in which the names of users and conversations are
// searched: the same as that of usernames.
func NameKey(name string) string { return UsernameKey(name) }
