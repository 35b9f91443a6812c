package presence

import "github.com/parley-chat/parley/chatserver/model"

// Status is how a user's presence is shown.
type Status string

// The statuses. Offline is never chosen: it means that no session is live.
const (
	Online       Status = "online"
	Away         Status = "away"
	DoNotDisturb Status = "dnd"
	Invisible    Status = "invisible" // shown as offline to everybody else
	Offline      Status = "offline"
)

// Check reports whether a user may choose the status. The error names the field.
func (s Status) Check(field string) error {
	switch s {
	case Online, Away, DoNotDisturb, Invisible:
		return nil
	case Offline:
		return model.Invalid(field, "offline cannot be chosen; choose invisible, or close the sessions")
	}
	return model.Invalid(field, "must be online, away, dnd or invisible")
}

// Outlives reports whether a choice still holds when the user comes back after
// the last session ended. Away does not: it was about a device that is gone.
func (s Status) Outlives() bool { return s == DoNotDisturb || s == Invisible }

// Presence is what is known of a user.
type Presence struct {
	Live   bool   // at least one session is live
	Chosen Status // what the user chose last, Online when nothing
}

// Visible is the status that others are shown.
func (p Presence) Visible() Status {
	if p.Chosen == Invisible {
		return Offline
	}
	return p.Own()
}

// Own is the status that the user's own sessions are shown.
func (p Presence) Own() Status {
	switch {
	case !p.Live:
		return Offline
	case p.Chosen == "":
		return Online
	}
	return p.Chosen
}

// Change is what one call did to a user's presence.
type Change struct{ Before, After Presence }

// Visible reports whether others see a difference.
func (c Change) Visible() bool { return c.Before.Visible() != c.After.Visible() }

// Own reports whether the user's own sessions see a difference.
func (c Change) Own() bool { return c.Before.Own() != c.After.Own() }
