package storetest

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// recorder is a store that notes which of its methods are called. It embeds
// none, so that a method that is added to the contract must be added here.
type recorder struct {
	inner store.Store
	*coverage
}

func (r *recorder) CreateUser(ctx context.Context, user store.NewUser) (model.User, error) {
	r.called("CreateUser")
	return r.inner.CreateUser(ctx, user)
}

func (r *recorder) User(ctx context.Context, ref model.UserRef) (model.User, error) {
	r.called("User")
	return r.inner.User(ctx, ref)
}

func (r *recorder) UserIDsByUsername(ctx context.Context, usernames []string) (map[string]model.UserID, error) {
	r.called("UserIDsByUsername")
	return r.inner.UserIDsByUsername(ctx, usernames)
}

func (r *recorder) UserIDs(ctx context.Context, refs []model.UserRef) ([]model.UserID, error) {
	r.called("UserIDs")
	return r.inner.UserIDs(ctx, refs)
}

func (r *recorder) UsersByID(ctx context.Context, ids []model.UserID) ([]model.User, error) {
	r.called("UsersByID")
	return r.inner.UsersByID(ctx, ids)
}

func (r *recorder) ListUsers(ctx context.Context, filter store.UserFilter, page model.ListPage) ([]model.User, int64, error) {
	r.called("ListUsers")
	return r.inner.ListUsers(ctx, filter, page)
}

func (r *recorder) UpdateUser(ctx context.Context, user model.UserID, change func(*model.User) error) (model.User, error) {
	r.called("UpdateUser")
	return r.inner.UpdateUser(ctx, user, change)
}

func (r *recorder) TouchUsers(ctx context.Context, active map[model.UserID]time.Time) error {
	r.called("TouchUsers")
	return r.inner.TouchUsers(ctx, active)
}

func (r *recorder) EraseUser(ctx context.Context, user model.UserID, job store.NewJob, audit model.AuditEvent) (model.Job, error) {
	r.called("EraseUser")
	return r.inner.EraseUser(ctx, user, job, audit)
}

func (r *recorder) SaveRefreshToken(ctx context.Context, token model.RefreshToken) error {
	r.called("SaveRefreshToken")
	return r.inner.SaveRefreshToken(ctx, token)
}

func (r *recorder) RotateRefreshToken(ctx context.Context, hash [32]byte, next model.RefreshToken, now time.Time) (model.User, error) {
	r.called("RotateRefreshToken")
	return r.inner.RotateRefreshToken(ctx, hash, next, now)
}

func (r *recorder) RevokeTokens(ctx context.Context, user model.UserID) (model.User, error) {
	r.called("RevokeTokens")
	return r.inner.RevokeTokens(ctx, user)
}

func (r *recorder) DeleteExpired(ctx context.Context, before time.Time, limit int) (int64, error) {
	r.called("DeleteExpired")
	return r.inner.DeleteExpired(ctx, before, limit)
}

func (r *recorder) SavePass(ctx context.Context, pass store.Pass) error {
	r.called("SavePass")
	return r.inner.SavePass(ctx, pass)
}

func (r *recorder) TakePass(ctx context.Context, hash [32]byte, now time.Time) (store.Pass, error) {
	r.called("TakePass")
	return r.inner.TakePass(ctx, hash, now)
}

func (r *recorder) RecordSessions(ctx context.Context, started []model.SessionRecord, ended map[string]time.Time) error {
	r.called("RecordSessions")
	return r.inner.RecordSessions(ctx, started, ended)
}

func (r *recorder) ListSessions(ctx context.Context, filter store.SessionFilter, page model.ListPage) ([]store.SessionRow, int64, error) {
	r.called("ListSessions")
	return r.inner.ListSessions(ctx, filter, page)
}

func (r *recorder) DeleteSessions(ctx context.Context, before time.Time, limit int) (int64, error) {
	r.called("DeleteSessions")
	return r.inner.DeleteSessions(ctx, before, limit)
}

func (r *recorder) SetSecret(ctx context.Context, user model.UserID, name string, sealed []byte) error {
	r.called("SetSecret")
	return r.inner.SetSecret(ctx, user, name, sealed)
}

func (r *recorder) Secret(ctx context.Context, user model.UserID, name string) ([]byte, error) {
	r.called("Secret")
	return r.inner.Secret(ctx, user, name)
}

func (r *recorder) SecretNames(ctx context.Context, user model.UserID) ([]string, error) {
	r.called("SecretNames")
	return r.inner.SecretNames(ctx, user)
}

func (r *recorder) DeleteSecret(ctx context.Context, user model.UserID, name string) error {
	r.called("DeleteSecret")
	return r.inner.DeleteSecret(ctx, user, name)
}

func (r *recorder) SaveBlock(ctx context.Context, blocker, blocked model.UserID) (model.Block, bool, error) {
	r.called("SaveBlock")
	return r.inner.SaveBlock(ctx, blocker, blocked)
}

func (r *recorder) DeleteBlock(ctx context.Context, blocker, blocked model.UserID) (model.Block, error) {
	r.called("DeleteBlock")
	return r.inner.DeleteBlock(ctx, blocker, blocked)
}

func (r *recorder) ListBlocks(ctx context.Context, blocker model.UserID, page model.ListPage) ([]model.Block, int64, error) {
	r.called("ListBlocks")
	return r.inner.ListBlocks(ctx, blocker, page)
}

func (r *recorder) BlockedBy(ctx context.Context, blockers []model.UserID) (map[model.UserID][]model.UserID, error) {
	r.called("BlockedBy")
	return r.inner.BlockedBy(ctx, blockers)
}

func (r *recorder) AnyBlock(ctx context.Context, user model.UserID, others []model.UserID) (bool, error) {
	r.called("AnyBlock")
	return r.inner.AnyBlock(ctx, user, others)
}

func (r *recorder) CreateConversation(ctx context.Context, conversation store.NewConversation) (store.Creation, error) {
	r.called("CreateConversation")
	return r.inner.CreateConversation(ctx, conversation)
}

func (r *recorder) Conversation(ctx context.Context, ref model.ConversationRef) (model.Conversation, error) {
	r.called("Conversation")
	return r.inner.Conversation(ctx, ref)
}

func (r *recorder) Standing(ctx context.Context, ref model.ConversationRef, user model.UserID) (store.Standing, error) {
	r.called("Standing")
	return r.inner.Standing(ctx, ref, user)
}

func (r *recorder) ListConversations(ctx context.Context, filter store.ConversationFilter, page model.ListPage) ([]model.ConversationView, int64, error) {
	r.called("ListConversations")
	return r.inner.ListConversations(ctx, filter, page)
}

func (r *recorder) ChangeConversation(ctx context.Context, conversation model.ConversationID, change func(store.Change) error) error {
	r.called("ChangeConversation")
	return r.inner.ChangeConversation(ctx, conversation, func(inner store.Change) error {
		return change(&changeRecorder{inner: inner, coverage: r.coverage})
	})
}

func (r *recorder) Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error) {
	r.called("Member")
	return r.inner.Member(ctx, conversation, user)
}

func (r *recorder) ListMembers(ctx context.Context, conversation model.ConversationID, filter store.MemberFilter, page model.ListPage) ([]model.Member, int64, error) {
	r.called("ListMembers")
	return r.inner.ListMembers(ctx, conversation, filter, page)
}

func (r *recorder) Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error) {
	r.called("Memberships")
	return r.inner.Memberships(ctx, user, limit)
}

func (r *recorder) SaveOwn(ctx context.Context, conversation model.ConversationID, user model.UserID, change func(*model.Member) error) (model.Member, error) {
	r.called("SaveOwn")
	return r.inner.SaveOwn(ctx, conversation, user, change)
}
