// Package timerslack lets the sleeps of this process end a little late.
//
// What may enter: the one setting of the kernel. What may not: anything of chat.
package timerslack

import "time"

// slack is how late a sleep may end. Timers of the server are for seconds, and a
// group of sends waits for milliseconds.
const slack = 500 * time.Microsecond
