-- The role of the postgres service, with read-only access to the whole database. Run it again to change its password.
-- Privileges prevent writes; the settings only improve the error messages.
\getenv reader POSTGRES_USER
\getenv password POSTGRES_PASSWORD
\getenv database POSTGRES_DATABASE

SELECT format('CREATE ROLE %I', :'reader') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'reader') \gexec
ALTER ROLE :"reader" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
GRANT CONNECT ON DATABASE :"database" TO :"reader";
GRANT pg_read_all_data TO :"reader";
ALTER ROLE :"reader" SET default_transaction_read_only = on;
ALTER ROLE :"reader" SET statement_timeout = '30s';
