-- The role of the postgres service: it reads whatever is in the database and changes nothing. Run it again to give
-- it another password. That it cannot write is a matter of privileges; the settings only make the refusal plainer.
\getenv reader POSTGRES_USER
\getenv password POSTGRES_PASSWORD
\getenv database POSTGRES_DATABASE

SELECT format('CREATE ROLE %I', :'reader') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'reader') \gexec
ALTER ROLE :"reader" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
GRANT CONNECT ON DATABASE :"database" TO :"reader";
GRANT pg_read_all_data TO :"reader";
ALTER ROLE :"reader" SET default_transaction_read_only = on;
ALTER ROLE :"reader" SET statement_timeout = '30s';
