package chat

import "github.com/parley-chat/parley/chatserver/model"

// profile is what the actor sees of a user: the address is for the user itself
// and for those who administer the project.
func (a actor) profile(user model.User) model.User {
	if !a.administers() && !a.is(user.ID) {
		user.Email = ""
	}
	return user
}

func (a actor) profiles(users []model.User) []model.User {
	seen := make([]model.User, len(users))
	for i, user := range users {
		seen[i] = a.profile(user)
	}
	return seen
}
