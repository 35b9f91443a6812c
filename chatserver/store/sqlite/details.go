package sqlite

import (
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// details are the parts of a message that most have not. They share one column.
type details struct {
	Attachments []model.Attachment `json:"attachments,omitempty"`
	Mentions    []model.Mention    `json:"mentions,omitempty"`
	Links       []model.Link       `json:"links,omitempty"`
}

func detailsOf(message store.NewMessage) details {
	return details{Attachments: message.Attachments, Mentions: message.Mentions, Links: message.Links}
}

func (d details) column() (any, error) {
	return asColumn(d, len(d.Attachments)+len(d.Mentions)+len(d.Links) == 0)
}

// adopt gives a message its details.
func (d details) adopt(message *model.Message) {
	message.Attachments, message.Mentions, message.Links = d.Attachments, d.Mentions, d.Links
}
