"""The records database: schema, migrations, one repository file per kind of record."""
