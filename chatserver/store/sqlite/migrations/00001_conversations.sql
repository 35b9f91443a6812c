-- Identities start at 10^12: all have the same number of digits, so that they
-- sort as strings too, and stay below 2^53.

-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
-- A restore brings the old value back together with the old data; whoever
-- restores replaces it, and every client reads its conversations anew.
INSERT INTO meta (name, value) VALUES ('restore_id', lower(hex(randomblob(16))));

CREATE TABLE users (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    external_id  TEXT UNIQUE,
    username     TEXT,
    username_key TEXT UNIQUE,
    display_name TEXT NOT NULL,
    email        TEXT NOT NULL,
    avatar       TEXT NOT NULL,
    properties   TEXT NOT NULL,
    guest        INTEGER NOT NULL,
    token_epoch  INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE conversations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    external_id TEXT UNIQUE,
    direct_key  BLOB UNIQUE,
    type        TEXT NOT NULL,
    name        TEXT NOT NULL,
    properties  TEXT NOT NULL,
    created_by  INTEGER NOT NULL REFERENCES users (id),
    first_seq   INTEGER NOT NULL DEFAULT 1,
    last_seq    INTEGER NOT NULL DEFAULT 0,
    rev         INTEGER NOT NULL DEFAULT 1,
    object_rev  INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    role            TEXT NOT NULL,
    joined_seq      INTEGER NOT NULL,
    created_rev     INTEGER NOT NULL,
    rev             INTEGER NOT NULL,
    left_rev        INTEGER NOT NULL DEFAULT 0,
    own_rev         INTEGER NOT NULL DEFAULT 0,
    read_seq        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user_id, changed_at);
CREATE INDEX members_rev ON members (conversation_id, rev);

CREATE TABLE messages (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    external_id     TEXT UNIQUE,
    created_rev     INTEGER NOT NULL,
    rev             INTEGER NOT NULL,
    client_id       TEXT NOT NULL,
    sender_id       INTEGER NOT NULL,
    hash            BLOB NOT NULL,
    type            TEXT NOT NULL,
    content         TEXT,
    properties      TEXT,
    created_at      INTEGER NOT NULL,
    edited_at       INTEGER,
    deleted_at      INTEGER,
    UNIQUE (conversation_id, seq),
    UNIQUE (conversation_id, sender_id, client_id)
) STRICT;
CREATE INDEX messages_rev ON messages (conversation_id, rev);

INSERT INTO sqlite_sequence (name, seq)
VALUES ('users', 999999999999), ('conversations', 999999999999), ('messages', 999999999999);
