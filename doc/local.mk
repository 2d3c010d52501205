dist_doc_DATA = doc/openapi.json
