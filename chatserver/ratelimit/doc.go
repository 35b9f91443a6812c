// Package ratelimit decides how often something may happen: per user, project
// and address. The answer comes from memory, at once; folder redis makes the
// pods of a project count together.
//
// What may enter: token buckets, which limits exist and what they count, their
// metrics. What may not: who asks and how a refusal looks on a wire (chat,
// native), sizes and other limits of one request (chat).
package ratelimit
