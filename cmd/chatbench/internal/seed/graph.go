// Package seed makes the users and conversations of a measurement.
//
// What may enter: who is in which conversation, and storing that in a database
// which a chat server has just prepared. What may not: messages, sessions and
// whatever is measured.
package seed

import (
	"fmt"
	"math/rand/v2"

	"github.com/parley-chat/parley/chatserver/model"
)

// Graph says who is a member of which conversation.
type Graph struct {
	Users         int
	Conversations [][]int // the members of each, by number of the user
}

// Rooms makes disjoint conversations of equal size.
func Rooms(count, members int) Graph {
	graph := Graph{Users: count * members}
	for room := range count {
		graph.Conversations = append(graph.Conversations, sequence(room*members, members))
	}
	return graph
}

// Mixed makes conversations of equal size so that every user is in the given
// number of them, each time with others. The members must divide the users. The
// same arguments give the same graph.
func Mixed(users, each, members int) Graph {
	graph := Graph{Users: users}
	random := rand.New(rand.NewPCG(uint64(users), uint64(each)))
	for range each {
		order := random.Perm(users)
		for start := 0; start+members <= users; start += members {
			graph.Conversations = append(graph.Conversations, order[start:start+members])
		}
	}
	return graph
}

// Alone gives every user conversations of its own.
func Alone(users, each int) Graph {
	graph := Graph{Users: users}
	for conversation := range users * each {
		graph.Conversations = append(graph.Conversations, []int{conversation % users})
	}
	return graph
}

func sequence(first, count int) []int {
	numbers := make([]int, count)
	for i := range numbers {
		numbers[i] = first + i
	}
	return numbers
}

// User is the id of a user by number.
func User(number int) int64 { return int64(model.FirstID) + int64(number) }

// Conversation is the id of a conversation by number.
func Conversation(number int) int64 { return int64(model.FirstID) + int64(number) }

// Username is the name of a user by number.
func Username(number int) string { return fmt.Sprintf("user%d", number) }
