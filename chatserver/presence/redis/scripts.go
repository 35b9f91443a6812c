package redis

import goredis "github.com/redis/go-redis/v9"

// The scripts change a partition in one step and say what was before. A hash of
// holders maps a user to its pods, as ",12,57,": a set, so that doing a thing
// twice changes nothing.

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

// choose works on the choice in the key, and leaves what was there in before
// and what is there in after.
const choose = `
local function choose(key, chosen, mode, lifetime)
  local before = redis.call('GET', key) or 'online'
  if chosen == '' or (mode == 'restore' and before ~= 'online') then return before, before end
  if chosen == 'online' then redis.call('DEL', key)
  else redis.call('SET', key, chosen, 'PX', lifetime) end
  return before, chosen
end
`

// enterScript has a pod hold a user.
// KEYS: expiries, holders, and for users the choice.
// ARGV: entry, user, pod, expiry and lifetime of keys in ms, choice, mode and
// lifetime of the choice.
// It answers: 1 if no pod held the user, the choice before, the choice after.
var enterScript = goredis.NewScript(now + choose + `
redis.call('ZADD', KEYS[1], now + ARGV[4], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
local pods = redis.call('HGET', KEYS[2], ARGV[2]) or ','
if not string.find(pods, ',' .. ARGV[3] .. ',', 1, true) then
  redis.call('HSET', KEYS[2], ARGV[2], pods .. ARGV[3] .. ',')
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
local before, after = '', ''
if KEYS[3] then before, after = choose(KEYS[3], ARGV[6], ARGV[7], ARGV[8]) end
return {pods == ',' and 1 or 0, before, after}
`)

// leaveScript ends a pod's hold on a user.
// KEYS: expiries, holders, and for users the choice.
// ARGV: entry, user, pod, and "expired" if only an expired hold may end.
// It answers: 1 if that was the last pod, 1 if another pod holds the user, the
// choice.
var leaveScript = goredis.NewScript(now + `
if ARGV[4] == 'expired' then
  local expiry = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if not expiry or tonumber(expiry) > now then return {0, 1, ''} end
end
redis.call('ZREM', KEYS[1], ARGV[1])
local choice = KEYS[3] and redis.call('GET', KEYS[3]) or 'online'
local pods = redis.call('HGET', KEYS[2], ARGV[2])
if not pods then return {0, 0, choice} end
local from, to = string.find(pods, ',' .. ARGV[3] .. ',', 1, true)
if not from then return {0, 1, choice} end
pods = string.sub(pods, 1, from) .. string.sub(pods, to + 1)
if pods ~= ',' then
  redis.call('HSET', KEYS[2], ARGV[2], pods)
  return {0, 1, choice}
end
redis.call('HDEL', KEYS[2], ARGV[2])
if choice == 'away' then redis.call('DEL', KEYS[3]) end
return {1, 0, choice}
`)

// chooseScript changes a user's choice.
// KEYS: the choice, the hash of those online. ARGV: user, choice, its lifetime.
// It answers: 1 if a pod holds the user, the choice before.
var chooseScript = goredis.NewScript(choose + `
local before = choose(KEYS[1], ARGV[2], 'set', ARGV[3])
return {redis.call('HEXISTS', KEYS[2], ARGV[1]), before}
`)

// refreshScript renews everything that a pod holds in a partition.
// KEYS: expiries, then every hash of holders that the pod is in.
// ARGV: the pod's mark and its lifetime, expiry, lifetime of keys, then entries.
// It answers: 1 if Redis did not know the pod, and how much else was missing.
var refreshScript = goredis.NewScript(now + `
local unknown = redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local missing = 0
for i = 5, #ARGV do missing = missing + redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[i]) end
for i = 1, #KEYS do missing = missing + 1 - redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
return {unknown, missing}
`)

// expiredScript lists expired entries, at most as many as ARGV says.
var expiredScript = goredis.NewScript(now + `
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
`)
