package postgres

import (
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/model"
)

// details are the parts of a message that most have not. They share one column.
type details struct {
	Attachments []model.Attachment `json:"attachments,omitempty"`
	Mentions    []model.Mention    `json:"mentions,omitempty"`
	Links       []model.Link       `json:"links,omitempty"`
}

// encoded is NULL when there are none.
func (d details) encoded() ([]byte, error) {
	if len(d.Attachments)+len(d.Mentions)+len(d.Links) == 0 {
		return nil, nil
	}
	return json.Marshal(d)
}
