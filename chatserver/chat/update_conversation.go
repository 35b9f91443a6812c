package chat

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
)

// UpdateConversation is a merge patch of a conversation.
type UpdateConversation struct {
	Name       Patch[string]
	Avatar     Patch[string]
	ExternalID Patch[string]
	SinceJoin  Patch[bool]
	Properties json.RawMessage // a merge patch; nil changes nothing
	Version    int64           // the version that the caller saw; 0 stands for any
}

func (in UpdateConversation) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.name("name", in.Name.Value)
	f.text("avatar", in.Avatar.Value, MaxAvatarLength)
	f.identifier("externalId", in.ExternalID.Value)
	f.propertiesPatch(in.Properties)
	return f.err()
}

// UpdateConversation changes a conversation's own fields: moderators and those
// above may. The members of a direct conversation may all change its properties,
// and nothing else.
func (c *Chat) UpdateConversation(ctx context.Context, principal Principal, ref model.ConversationRef, in UpdateConversation) (model.Conversation, error) {
	if err := in.check(c.Limits); err != nil {
		return model.Conversation{}, err
	}
	var updated model.Conversation
	err := c.change(ctx, principal, ref, func(change *change) error {
		if err := change.mayUpdate(in); err != nil {
			return err
		}
		if err := checkVersion(in.Version, change.Conversation().Version); err != nil {
			return err
		}
		err := change.update(in)
		updated = *change.Conversation()
		return err
	})
	return updated, err
}

func (c *change) mayUpdate(in UpdateConversation) error {
	if c.Conversation().Type != model.Direct || c.administers() {
		return c.requireRank(model.RoleModerator)
	}
	if c.member == nil {
		return model.Forbidden("only its members change a direct conversation")
	}
	if in.Name.Given || in.Avatar.Given || in.ExternalID.Given || in.SinceJoin.Given {
		return model.Forbidden("the members of a direct conversation change its properties only")
	}
	return nil
}

func (c *change) update(in UpdateConversation) error {
	conversation := c.Conversation()
	before := *conversation
	properties, err := mergeProperties(before.Properties, in.Properties, c.limits.PropertiesBytes)
	if err != nil {
		return err
	}
	in.Name.apply(&conversation.Name)
	in.Avatar.apply(&conversation.Avatar)
	in.ExternalID.apply(&conversation.ExternalID)
	in.SinceJoin.apply(&conversation.SinceJoin)
	conversation.Properties = properties
	if before.Name == conversation.Name && before.Avatar == conversation.Avatar && before.ExternalID == conversation.ExternalID &&
		before.SinceJoin == conversation.SinceJoin && bytes.Equal(compact(before.Properties), compact(properties)) {
		return nil
	}
	c.touch()
	return nil
}

// touch makes what changed of the conversation's own fields its next version.
func (c *change) touch() {
	conversation := c.Conversation()
	conversation.ObjectRev = c.Next()
	conversation.Version++
	conversation.UpdatedAt = c.Now()
	copied := *conversation
	c.event(model.Event{
		Kind: model.ConversationUpdated, Conversation: &copied, Reveals: copied.SinceJoin != c.conversation.SinceJoin,
	})
}
