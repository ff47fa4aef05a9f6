-- What is changed or removed leaves project_search together with what comes instead of it, and not at
-- once: a change of the index costs much alone, and little in company.

-- Whether project_search has an entry of this seq, which does not hold any more. One without terms only
-- says so: nothing comes instead.
ALTER TABLE project_search_recent ADD COLUMN replaces BOOLEAN NOT NULL DEFAULT FALSE;

CREATE INDEX project_search_recent_replaced ON project_search_recent (project, seq) WHERE replaces;

-- A part of the index is written anew without what left it when half of it has: with a tenth, the
-- default, each change writes ten times what it changes.
INSERT INTO project_search (project_search, rank) VALUES ('deletemerge', 50);
