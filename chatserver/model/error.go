package model

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the closed set of ways in which a request can fail. Each wire maps a
// kind to its own status once.
type Kind uint8

// The kinds of error. Their order means nothing.
const (
	KindInternal        Kind = iota // a fault of the server: nothing the caller can mend
	KindInvalid                     // the request is malformed or breaks a rule on its fields
	KindUnauthenticated             // no credential, or one that is unknown, expired or revoked
	KindForbidden                   // the credential is good, the operation is not allowed to it
	KindNotFound                    // no such object, or one of a project or person that may not be seen
	KindConflict                    // the request contradicts the present state
	KindTooLarge                    // a body, frame or field is over its limit
	KindRateLimited                 // too many requests; try again later
	KindUnavailable                 // a dependency does not answer, or the server drains; try again
)

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field   string `json:"field"`   // the path of the field, dotted: members.0.role
	Message string `json:"message"` // what is wrong and what to do
}

// Error is a failure that a caller is told about. Code is stable and
// machine-readable; Message is for people and holds nothing secret.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Fields  []FieldError
	// RetryAfter is when trying again may help, or 0 when that is not known.
	RetryAfter time.Duration
	cause      error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the cause, which callers of the API never see.
func (e *Error) Unwrap() error { return e.cause }

// Is makes two errors with the same code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Because returns a copy of the error that wraps its cause.
func (e *Error) Because(cause error) *Error {
	wrapped := *e
	wrapped.cause = cause
	return &wrapped
}

// After returns a copy of the error that says when to try again.
func (e *Error) After(wait time.Duration) *Error {
	delayed := *e
	delayed.RetryAfter = wait
	return &delayed
}

// AsError finds the Error in a chain. Anything else, cancellations included,
// is an internal error whose text stays inside the server.
func AsError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return ErrInternal.Because(err)
}

// Invalid says that one field of a request is wrong.
func Invalid(field, format string, arguments ...any) *Error {
	message := fmt.Sprintf(format, arguments...)
	return &Error{
		Kind: KindInvalid, Code: "invalid_request", Message: field + ": " + message,
		Fields: []FieldError{{Field: field, Message: message}},
	}
}

// TooLarge says that one field of a request is over its limit.
func TooLarge(field string, limit int) *Error {
	message := fmt.Sprintf("must not be larger than %d bytes", limit)
	return &Error{
		Kind: KindTooLarge, Code: "too_large", Message: field + ": " + message,
		Fields: []FieldError{{Field: field, Message: message}},
	}
}

// Forbidden says that a good credential does not allow the operation.
func Forbidden(format string, arguments ...any) *Error {
	return &Error{Kind: KindForbidden, Code: "permission_denied", Message: fmt.Sprintf(format, arguments...)}
}

// The failures that have a name of their own. Compare with errors.Is.
var (
	ErrInternal             = &Error{Kind: KindInternal, Code: "internal", Message: "the server failed; try again, and report the request id if it stays"}
	ErrUnauthenticated      = &Error{Kind: KindUnauthenticated, Code: "unauthenticated", Message: "send an API key in X-API-Key or a user token in Authorization: Bearer"}
	ErrInvalidKey           = &Error{Kind: KindUnauthenticated, Code: "invalid_key", Message: "the API key is unknown, expired or revoked"}
	ErrInvalidToken         = &Error{Kind: KindUnauthenticated, Code: "invalid_token", Message: "the user token is malformed, revoked or not of this project"}
	ErrTokenExpired         = &Error{Kind: KindUnauthenticated, Code: "token_expired", Message: "the user token has expired; get a new one"}
	ErrUserNotFound         = &Error{Kind: KindNotFound, Code: "user_not_found", Message: "no such user"}
	ErrConversationNotFound = &Error{Kind: KindNotFound, Code: "conversation_not_found", Message: "no such conversation"}
	ErrMemberNotFound       = &Error{Kind: KindNotFound, Code: "member_not_found", Message: "the user is not a member of the conversation"}
	ErrMessageNotFound      = &Error{Kind: KindNotFound, Code: "message_not_found", Message: "no such message"}
	ErrUserExists           = &Error{Kind: KindConflict, Code: "user_exists", Message: "a user with this username or externalId exists"}
	ErrConversationExists   = &Error{Kind: KindConflict, Code: "conversation_exists", Message: "a conversation with this externalId exists"}
	ErrMessageExists        = &Error{Kind: KindConflict, Code: "message_exists", Message: "a message with this externalId exists"}
	ErrClientIDReused       = &Error{Kind: KindConflict, Code: "client_id_reused", Message: "a message with this clientId and other content exists; use a new clientId"}
	ErrMessageDeleted       = &Error{Kind: KindConflict, Code: "message_deleted", Message: "the message is deleted"}
	ErrDirectMembersFixed   = &Error{Kind: KindConflict, Code: "direct_members_fixed", Message: "the members of a direct conversation never change; create another conversation"}
	ErrInviteNotFound       = &Error{Kind: KindNotFound, Code: "invite_not_found", Message: "no such invite"}
	ErrBanNotFound          = &Error{Kind: KindNotFound, Code: "ban_not_found", Message: "the user is not banned from the conversation"}
	ErrBlockNotFound        = &Error{Kind: KindNotFound, Code: "block_not_found", Message: "the user is not blocked"}
	ErrReactionNotFound     = &Error{Kind: KindNotFound, Code: "reaction_not_found", Message: "the user has not reacted to the message with this emoji"}
	ErrTooManyReactions     = &Error{Kind: KindConflict, Code: "too_many_reactions", Message: "the message has as many different reactions as it may; react with one that it has"}
	ErrReportNotFound       = &Error{Kind: KindNotFound, Code: "report_not_found", Message: "no such report"}
	ErrJobNotFound          = &Error{Kind: KindNotFound, Code: "job_not_found", Message: "no such job"}
	ErrSecretNotFound       = &Error{Kind: KindNotFound, Code: "secret_not_found", Message: "the user has no secret of this name"}
	ErrBlocked              = &Error{Kind: KindForbidden, Code: "blocked", Message: "one of the two users has blocked the other"}
	ErrBanned               = &Error{Kind: KindForbidden, Code: "banned", Message: "the user is banned from the conversation"}
	ErrUserSuspended        = &Error{Kind: KindForbidden, Code: "user_suspended", Message: "the user's account is suspended"}
	ErrArchived             = &Error{Kind: KindConflict, Code: "conversation_archived", Message: "the conversation is archived and takes no messages"}
	ErrVersionChanged       = &Error{Kind: KindConflict, Code: "version_changed", Message: "the object was changed meanwhile: read it again and repeat the change"}
	ErrConversationFull     = &Error{Kind: KindConflict, Code: "conversation_full", Message: "the conversation has as many members as it may"}
	ErrTooManyConversations = &Error{Kind: KindConflict, Code: "too_many_conversations", Message: "the user is a member of as many conversations as it may be; leave one first"}
	ErrOpenConversation     = &Error{Kind: KindConflict, Code: "open_conversation", Message: "an open conversation has no members: every user may read and write without joining it"}
	ErrMemberExists         = &Error{Kind: KindConflict, Code: "member_exists", Message: "the user is a member of the conversation already"}
	ErrLastOwner            = &Error{Kind: KindConflict, Code: "last_owner", Message: "the conversation has no other owner: make another member its owner first"}
	ErrInviteClosed         = &Error{Kind: KindConflict, Code: "invite_closed", Message: "the invite was answered or revoked"}
	ErrEphemeral            = &Error{Kind: KindConflict, Code: "conversation_ephemeral", Message: "the conversation keeps no messages"}
	ErrParentNotFound       = &Error{Kind: KindNotFound, Code: "parent_not_found", Message: "no such message to reply to in the conversation"}
	ErrRefreshReused        = &Error{Kind: KindUnauthenticated, Code: "refresh_token_reused", Message: "the refresh token was used before; all tokens that descend from its login are revoked, log in again"}
	ErrInvalidRefresh       = &Error{Kind: KindUnauthenticated, Code: "invalid_refresh_token", Message: "the refresh token is unknown, expired or revoked; log in again"}
	ErrTooManyAttached      = &Error{Kind: KindConflict, Code: "too_many_attached", Message: "the session has as many conversations open as it may; detach from one"}
	ErrRateLimited          = &Error{Kind: KindRateLimited, Code: "rate_limited", Message: "too many requests; wait before the next one"}
	ErrTooManyConnections   = &Error{Kind: KindRateLimited, Code: "too_many_connections", Message: "the user, or this server, has as many connections as it may; close one, or connect again later", RetryAfter: time.Second}
	ErrUnavailable          = &Error{Kind: KindUnavailable, Code: "unavailable", Message: "the server cannot do this right now; try again"}
	ErrDraining             = &Error{Kind: KindUnavailable, Code: "draining", Message: "the server is stopping; connect again to reach another one"}
)
