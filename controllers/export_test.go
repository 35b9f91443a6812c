package controllers

// AwaitPushes returns when no notice is on its way, so that a test can tell what
// was not pushed from what was not pushed yet.
func (r *ChatProjectReconciler) AwaitPushes() { r.pushing.Wait() }
