-- Everything that is added has a default, so that a server of the release
-- before can go on writing. The keys of names are computed by the migration after
-- this one.

-- +goose Up
PRAGMA defer_foreign_keys = ON;

ALTER TABLE users ADD COLUMN role              TEXT NOT NULL DEFAULT 'user';
ALTER TABLE users ADD COLUMN permissions       TEXT;
-- What the permissions say, so that an append need not read them.
ALTER TABLE users ADD COLUMN may_send          INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN may_receive       INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN account_status    TEXT NOT NULL DEFAULT 'active';
ALTER TABLE users ADD COLUMN version           INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN name_key          TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN last_active_at    INTEGER;
ALTER TABLE users ADD COLUMN tokens_revoked_at INTEGER;
ALTER TABLE users ADD COLUMN erased_at         INTEGER;
CREATE INDEX users_name_key ON users (name_key);
CREATE INDEX users_revoked ON users (tokens_revoked_at) WHERE tokens_revoked_at IS NOT NULL;

-- The table is made anew because created_by loses its foreign key: 0 as the
-- creator stands for nobody. It has its own name when its rows come back, for
-- only an insert into the table that the members refer to settles what the drop
-- left open.
CREATE TABLE old_conversations AS SELECT
    id, external_id, direct_key, type, name, properties, created_by, first_seq, last_seq, rev, object_rev,
    created_at, updated_at, changed_at
FROM conversations;
DROP TABLE conversations;
CREATE TABLE conversations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    external_id   TEXT UNIQUE,
    direct_key    BLOB UNIQUE,
    type          TEXT NOT NULL,
    name          TEXT NOT NULL,
    properties    TEXT NOT NULL,
    created_by    INTEGER NOT NULL,
    first_seq     INTEGER NOT NULL DEFAULT 1,
    last_seq      INTEGER NOT NULL DEFAULT 0,
    rev           INTEGER NOT NULL DEFAULT 1,
    object_rev    INTEGER NOT NULL DEFAULT 1,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    avatar        TEXT NOT NULL DEFAULT '',
    status        TEXT NOT NULL DEFAULT 'active',
    ephemeral     INTEGER NOT NULL DEFAULT 0,
    since_join    INTEGER NOT NULL DEFAULT 0,
    message_count INTEGER NOT NULL DEFAULT 0,
    member_count  INTEGER NOT NULL DEFAULT 0,
    version       INTEGER NOT NULL DEFAULT 1,
    name_key      TEXT NOT NULL DEFAULT '',
    activity_at   INTEGER NOT NULL DEFAULT 0,
    deleted_at    INTEGER
) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('conversations', 999999999999);
INSERT INTO conversations (
    id, external_id, direct_key, type, name, properties, created_by, first_seq, last_seq, rev, object_rev,
    created_at, updated_at, changed_at, activity_at, message_count, member_count
)
SELECT
    id, external_id, direct_key, type, name, properties, created_by, first_seq, last_seq, rev, object_rev,
    created_at, updated_at, changed_at,
    COALESCE((
        SELECT message.created_at FROM messages AS message
        WHERE message.conversation_id = old_conversations.id AND message.seq = old_conversations.last_seq
    ), created_at),
    (SELECT count(*) FROM messages AS message WHERE message.conversation_id = old_conversations.id AND message.deleted_at IS NULL),
    (SELECT count(*) FROM members AS member WHERE member.conversation_id = old_conversations.id AND member.left_rev = 0)
FROM old_conversations;
DROP TABLE old_conversations;
CREATE INDEX conversations_name_key ON conversations (name_key);
CREATE INDEX conversations_created_by ON conversations (created_by);
CREATE INDEX conversations_joinable ON conversations (id) WHERE type IN ('public', 'open') AND deleted_at IS NULL;

ALTER TABLE members ADD COLUMN invited_by    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN permissions   TEXT;
ALTER TABLE members ADD COLUMN may_send      INTEGER NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN may_receive   INTEGER NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN read_at       INTEGER;
ALTER TABLE members ADD COLUMN delivered_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN muted         INTEGER NOT NULL DEFAULT 0;
-- The conversation's last seq when the member hid it: the next message shows it
-- again without a write to any member.
ALTER TABLE members ADD COLUMN hidden_seq    INTEGER;
ALTER TABLE members ADD COLUMN cleared_seq   INTEGER NOT NULL DEFAULT 0;
UPDATE members SET read_seq = max(read_seq, joined_seq), delivered_seq = max(read_seq, joined_seq);

ALTER TABLE messages ADD COLUMN details     TEXT; -- attachments, mentions and links
ALTER TABLE messages ADD COLUMN group_tag   TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN parent_id   INTEGER;
ALTER TABLE messages ADD COLUMN thread_id   INTEGER;
ALTER TABLE messages ADD COLUMN reply_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN reactions   TEXT; -- how many of each emoji
ALTER TABLE messages ADD COLUMN edited_by   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN deleted_by  INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_thread ON messages (thread_id, seq) WHERE thread_id IS NOT NULL;
CREATE INDEX messages_parent ON messages (parent_id, seq) WHERE parent_id IS NOT NULL;

CREATE TABLE reactions (
    conversation_id INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    emoji           TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq, user_id, emoji)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX reactions_place ON reactions (conversation_id, seq, created_at);
CREATE INDEX reactions_user ON reactions (conversation_id, user_id);

CREATE TABLE hidden_messages (
    conversation_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id, seq)
) STRICT, WITHOUT ROWID;

-- A move takes a mark from the one seq to the other.
CREATE TABLE receipt_moves (
    conversation_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    from_seq        INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id, kind, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    blocker    INTEGER NOT NULL REFERENCES users (id),
    blocked    INTEGER NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (blocker, blocked)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_blocked ON blocks (blocked);

CREATE TABLE bans (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    banned_by       INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    expires_at      INTEGER,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
-- What refers to a user is looked for when a user is stored.
CREATE INDEX bans_user ON bans (user_id);

CREATE TABLE invites (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    invited_by      INTEGER NOT NULL,
    role            TEXT NOT NULL,
    status          TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX invites_pending_unique ON invites (conversation_id, user_id) WHERE status = 'pending';
CREATE INDEX invites_conversation ON invites (conversation_id, id);
CREATE INDEX invites_user ON invites (user_id, id);

CREATE TABLE reports (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    message_id      INTEGER NOT NULL,
    reporter        INTEGER NOT NULL REFERENCES users (id),
    reason          TEXT NOT NULL,
    properties      TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    UNIQUE (message_id, reporter)
) STRICT;
CREATE INDEX reports_conversation ON reports (conversation_id, id);
CREATE INDEX reports_reporter ON reports (reporter, id);

CREATE TABLE audit (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    action          TEXT NOT NULL,
    key             TEXT NOT NULL,
    actor           INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER NOT NULL,
    details         TEXT,
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_actor ON audit (actor, id) WHERE actor <> 0;
CREATE INDEX audit_user ON audit (user_id, id) WHERE user_id <> 0;
CREATE INDEX audit_conversation ON audit (conversation_id, id) WHERE conversation_id <> 0;

CREATE TABLE jobs (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL,
    conversation_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    state           TEXT NOT NULL,
    done            INTEGER NOT NULL,
    total           INTEGER NOT NULL,
    worker          TEXT NOT NULL,
    lease_until     INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_running ON jobs (id) WHERE state = 'running';

CREATE TABLE sessions (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    kind            TEXT NOT NULL,
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL,
    parent          TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    started_at      INTEGER NOT NULL,
    ended_at        INTEGER
) STRICT;
CREATE INDEX sessions_started ON sessions (started_at, number);
CREATE INDEX sessions_user ON sessions (user_id, started_at, number);
CREATE INDEX sessions_conversation ON sessions (conversation_id, started_at, number) WHERE conversation_id <> 0;
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    hash       BLOB PRIMARY KEY,
    family     TEXT NOT NULL,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    epoch      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id, family);
CREATE INDEX refresh_tokens_expired ON refresh_tokens (expires_at);

CREATE TABLE passes (
    hash               BLOB PRIMARY KEY,
    user_id            INTEGER NOT NULL REFERENCES users (id),
    epoch              INTEGER NOT NULL,
    key_id             TEXT NOT NULL,
    expires_at         INTEGER NOT NULL,
    session_expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passes_user ON passes (user_id);
CREATE INDEX passes_expired ON passes (expires_at);

CREATE TABLE user_secrets (
    user_id INTEGER NOT NULL REFERENCES users (id),
    name    TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_sequence (name, seq)
VALUES ('invites', 999999999999), ('reports', 999999999999), ('audit', 999999999999),
    ('jobs', 999999999999), ('sessions', 999999999999);
