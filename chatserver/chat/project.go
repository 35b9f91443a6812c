package chat

import "github.com/parley-chat/parley/chatserver/config"

// Project is what a client needs to know of its project.
type Project struct {
	Name     string
	Features config.Features
	Limits   config.Limits
}

// Project tells any credential of the project what it may count on.
func (c *Chat) Project() Project {
	return Project{Name: c.ProjectName, Features: c.Features, Limits: c.Limits}
}
