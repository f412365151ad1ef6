create table if not exists books (title text primary key, year int);
insert into books values ('A Fire Upon the Deep', 1992), ('Piranesi', 2020), ('The Left Hand of Darkness', 1969) on conflict do nothing;
