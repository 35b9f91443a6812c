package storetest

import (
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

// listing is a list that can be read in parts.
type listing[Row any, Key comparable] struct {
	read   func(model.ListPage) ([]Row, int64, error)
	key    func(Row) Key
	cursor func(Row) model.ListCursor
}

// expectList reads a list whole, by offset and by cursor, and checks that each
// way gives the same rows in the same order, and their number.
func expectList[Row any, Key comparable](f *fixture, list listing[Row, Key], wanted ...Key) []Row {
	all, total, err := list.read(model.ListPage{Limit: 1000})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(list.keys(all)).To(Equal(append([]Key{}, wanted...)))
	f.Expect(total).To(Equal(int64(len(wanted))))

	const step = 2
	var after model.ListCursor
	for offset := 0; ; offset += step {
		part := wanted[min(offset, len(wanted)):min(offset+step, len(wanted))]
		for _, page := range []model.ListPage{{Offset: offset, Limit: step}, {After: after, Limit: step}} {
			rows, total, err := list.read(page)
			f.Expect(err).NotTo(HaveOccurred())
			f.Expect(list.keys(rows)).To(Equal(append([]Key{}, part...)), "%+v", page)
			f.Expect(total).To(Equal(int64(len(wanted))), "%+v", page)
		}
		if len(part) == 0 {
			return all
		}
		after = list.cursor(all[offset+len(part)-1])
	}
}

func (l listing[Row, Key]) keys(rows []Row) []Key { return keysOf(rows, l.key) }

// at makes a cursor of a list that is ordered by time.
func at[ID ~int64](key time.Time, id ID) model.ListCursor {
	return model.ListCursor{Key: key.UnixMicro(), ID: int64(id)}
}

// keysOf gives what names each row.
func keysOf[Row, Key any](rows []Row, key func(Row) Key) []Key {
	keys := []Key{}
	for _, row := range rows {
		keys = append(keys, key(row))
	}
	return keys
}
