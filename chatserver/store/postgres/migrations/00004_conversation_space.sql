-- An append rewrites the rows of its conversations. Without room beside them the
-- new rows go to other pages, all together and just as densely, and each has to
-- be entered in every index of the table again.

-- +goose Up
ALTER TABLE conversations SET (fillfactor = 50);
