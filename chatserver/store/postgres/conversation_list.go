package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// ListConversations reads a part of the conversations. What only the viewer sees
// is read in a second round trip of the same snapshot, for this part alone.
func (s *Store) ListConversations(
	ctx context.Context, filter store.ConversationFilter, page model.ListPage,
) ([]model.ConversationView, int64, error) {
	l := listing{
		columns: conversationColumns, from: " FROM conversations AS conversation", where: selectConversations(filter),
		time: "conversation.activity_at", id: "conversation.id", descending: true,
	}
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	var views []model.ConversationView
	var total int64
	err := pgx.BeginTxFunc(bounded, s.pool, snapshotOptions, func(tx pgx.Tx) error {
		var totals []int64
		var found []model.Conversation
		query, arguments := l.pageQuery(page)
		batch := &pgx.Batch{}
		batch.Queue(planAnew)
		batch.Queue("SELECT count(*)"+l.from+l.where.String(), l.where.arguments...).Query(collect(&totals, pgx.RowTo[int64]))
		batch.Queue(query, arguments...).Query(collect(&found, scanConversation))
		if err := tx.SendBatch(bounded, batch).Close(); err != nil {
			return err
		}
		total = totals[0]
		var err error
		views, err = readViews(bounded, tx, found, filter.Viewer)
		return err
	})
	if err != nil {
		return nil, 0, failure(ctx, err)
	}
	return views, total, nil
}

var snapshotOptions = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// readViews adds to conversations what the viewer sees of them.
func readViews(ctx context.Context, tx pgx.Tx, found []model.Conversation, viewer model.UserID) ([]model.ConversationView, error) {
	views := make([]model.ConversationView, len(found))
	if len(found) == 0 {
		return views, nil
	}
	ids := make([]int64, len(found))
	for i := range found {
		ids[i] = int64(found[i].ID)
	}
	var members []model.Member
	var unread []unreadCount
	var messages []model.Message
	batch := &pgx.Batch{}
	batch.Queue("SELECT"+authoredColumns+lastMessages, ids, viewer).Query(collect(&messages, scanAuthored))
	if viewer != 0 {
		batch.Queue("SELECT"+memberColumns+`
			FROM members AS member
			WHERE member.conversation_id = ANY ($1) AND member.user_id = $2 AND member.left_rev = 0`, ids, viewer).
			Query(collect(&members, scanMember))
		batch.Queue(unreadSQL, viewer, ids).Query(collect(&unread, pgx.RowToStructByPos[unreadCount]))
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	for i := range views {
		view := &views[i]
		view.Conversation = found[i]
		if at := slices.IndexFunc(members, func(member model.Member) bool { return member.Conversation == view.ID }); at >= 0 {
			view.Member = &members[at]
		}
		if at := slices.IndexFunc(messages, func(message model.Message) bool { return message.Conversation == view.ID }); at >= 0 {
			view.LastMessage = &messages[at]
		}
		if at := slices.IndexFunc(unread, func(count unreadCount) bool { return count.Conversation == view.ID }); at >= 0 {
			view.Unread = unread[at].Total
		}
	}
	return views, nil
}

// lastMessages are the newest ones that the viewer may see. One who is no member
// has cleared nothing; 0 blocks nobody.
const lastMessages = `
	FROM conversations AS conversation
	LEFT JOIN members AS member
		ON member.conversation_id = conversation.id AND member.user_id = $2 AND member.left_rev = 0
	CROSS JOIN LATERAL (
		SELECT message.seq
		FROM messages AS message
		WHERE message.conversation_id = conversation.id
			AND message.deleted_at IS NULL
			AND message.seq > GREATEST(
				member.cleared_seq, CASE WHEN conversation.since_join THEN member.joined_seq END, 0)
			AND NOT EXISTS (
				SELECT FROM hidden_messages AS hidden
				WHERE hidden.conversation_id = conversation.id AND hidden.user_id = $2 AND hidden.seq = message.seq)
			AND (conversation.type = 'direct' OR NOT EXISTS (
				SELECT FROM blocks AS block WHERE block.blocker = $2 AND block.blocked = message.sender_id))
		ORDER BY message.seq DESC
		LIMIT 1
	) AS last
	JOIN messages AS message ON message.conversation_id = conversation.id AND message.seq = last.seq
	LEFT JOIN users AS author ON author.id = message.sender_id AND author.erased_at IS NULL
	WHERE conversation.id = ANY ($1)`

func selectConversations(filter store.ConversationFilter) selection {
	var where selection
	where.and("conversation.deleted_at IS NULL")
	if len(filter.Types) > 0 {
		where.and("conversation.type = ANY (?)", texts(filter.Types))
	}
	if filter.Status != "" {
		where.and("conversation.status = ?", filter.Status)
	}
	if filter.Search != "" {
		where.andPrefix([]string{"conversation.name_key"}, identity.NameKey(filter.Search))
	}
	if filter.Name != "" {
		// The key has an index, the name has not.
		where.and("conversation.name_key = ? AND conversation.name = ?", identity.NameKey(filter.Name), filter.Name)
	}
	if filter.Empty != nil {
		where.and("(conversation.last_seq = 0) = ?", *filter.Empty)
	}
	if !filter.ActivitySince.IsZero() {
		where.and("conversation.activity_at >= ?", filter.ActivitySince)
	}
	if !filter.ActivityUntil.IsZero() {
		where.and("conversation.activity_at < ?", filter.ActivityUntil)
	}
	if filter.CreatedBy != 0 {
		where.and("conversation.created_by = ?", filter.CreatedBy)
	}
	selectByMembers(&where, filter)
	selectByViewer(&where, filter)
	return where
}

func selectByMembers(where *selection, filter store.ConversationFilter) {
	if filter.MemberOf != 0 {
		where.and(`conversation.id IN (
			SELECT member.conversation_id FROM members AS member
			JOIN users AS person ON person.id = member.user_id AND person.erased_at IS NULL
			WHERE member.user_id = ? AND member.left_rev = 0)`, filter.MemberOf)
	}
	if filter.JoinableBy != 0 {
		where.and("conversation.type IN ('public', 'open')")
		where.and(`NOT EXISTS (
			SELECT FROM members AS member
			WHERE member.conversation_id = conversation.id AND member.user_id = ? AND member.left_rev = 0)`, filter.JoinableBy)
		where.and(`NOT EXISTS (
			SELECT FROM bans AS ban
			WHERE ban.conversation_id = conversation.id AND ban.user_id = ?
				AND (ban.expires_at IS NULL OR ban.expires_at > clock_timestamp()))`, filter.JoinableBy)
	}
	with := slices.Compact(slices.Sorted(slices.Values(filter.WithMembers)))
	if len(with) > 0 {
		where.and(`conversation.id IN (
			SELECT member.conversation_id FROM members AS member
			WHERE member.user_id = ANY (?) AND member.left_rev = 0
			GROUP BY member.conversation_id
			HAVING count(*) = ?)`, int64s(with), len(with))
	}
	if filter.OnlyMembers {
		where.and("conversation.member_count = ?", len(with))
	}
}

// selectByViewer selects by what the viewer has made of a conversation. Nobody,
// and one who is no member, has hidden nothing and has nothing unread.
func selectByViewer(where *selection, filter store.ConversationFilter) {
	const own = `EXISTS (
		SELECT FROM members AS member
		WHERE member.conversation_id = conversation.id AND member.user_id = ? AND member.left_rev = 0 AND `
	for _, state := range []struct {
		wanted    *bool
		condition string
	}{
		{filter.Unread, anyUnread},
		{filter.Hidden, "member.hidden_seq >= conversation.last_seq"},
	} {
		switch {
		case state.wanted == nil:
		case *state.wanted:
			where.and(own+state.condition+")", filter.Viewer)
		default:
			where.and("NOT "+own+state.condition+")", filter.Viewer)
		}
	}
}
