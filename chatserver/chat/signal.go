package chat

// signal wakes whoever waits on a channel with room for one: what it finds then
// is all that was added, so one signal stands for several.
func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}
