package formats

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/journal"
)

// TestTheTablesHaveWhatTheGoldenFilesHave: each key of a golden file has a row of its type, and each row is in one.
func TestTheTablesHaveWhatTheGoldenFilesHave(t *testing.T) {
	all := readPage(t)
	named := map[string]bool{}
	for i := range all {
		named[all[i].name] = true
	}
	for i := range all {
		s := &all[i]
		if len(s.golden) == 0 || len(s.rows) == 0 {
			t.Errorf("%s has no golden file or no table", s.name)
		}
		for _, r := range s.rows {
			if r.field == "" || r.kind == "" || r.meaning == "" || !slices.Contains([]string{"1", "2"}, r.since) {
				t.Errorf("%s: the row of %s is not complete: %+v", s.name, r.field, r)
			}
		}
		switch s.form {
		case formMap:
			s.checkMaps(t, named)
		case formLayout:
			s.checkLayouts(t)
		case formText:
			s.checkTexts(t)
		}
	}
	if len(all) < 100 {
		t.Errorf("%d structures were found: the test does not see the page", len(all))
	}
}

func (s *structure) checkMaps(t *testing.T, structures map[string]bool) {
	seen := map[string]bool{}
	for _, golden := range s.golden {
		it, err := decodeItem(readGolden(t, golden).bytes)
		if err != nil || it.major != majorMap {
			t.Errorf("%s.golden is no map: %v", golden, err)
			continue
		}
		for i := 0; i < len(it.items); i += 2 {
			key, value := it.items[i].String(), it.items[i+1]
			if it.items[i].major == majorText {
				key = string(it.items[i].str)
			}
			seen[key] = true
			at := slices.IndexFunc(s.rows, func(r row) bool { return r.key == key })
			if at < 0 {
				t.Errorf("%s: %s.golden has the field %s, the table does not", s.name, golden, key)
			} else if why := refuses(s.rows[at].kind, value, structures); why != "" {
				t.Errorf("%s: field %s of %s.golden %s", s.name, key, golden, why)
			}
		}
	}
	for _, r := range s.rows {
		if !seen[r.key] {
			t.Errorf("%s: no golden file has the field %s %s", s.name, r.key, r.field)
		}
	}
}

// refuses says why a value is not of a type of the page; empty: it is.
func refuses(kind string, value item, structures map[string]bool) string {
	if inner, ok := strings.CutPrefix(kind, "list of "); ok && value.major == majorList {
		return refusesAny(inner, value.items, structures)
	}
	if both, ok := strings.CutPrefix(kind, "map from "); ok && value.major == majorMap {
		key, inner, _ := strings.Cut(both, " to ")
		for i, it := range value.items {
			if why := refuses([]string{key, inner}[i%2], it, structures); why != "" {
				return why
			}
		}
		return ""
	}
	if structures[kind] {
		kind = "map"
	}
	kind, length, _ := strings.Cut(kind, " ")
	if kind != value.kind() && kind != "any" && !(kind == "int" && value.kind() == "uint") {
		return "has a value of type " + value.kind() + ", the table says " + kind
	}
	if n, err := strconv.Atoi(length); err == nil && n != len(value.str) {
		return "has a value of " + strconv.Itoa(len(value.str)) + " bytes, the table says " + length
	}
	return ""
}

func refusesAny(kind string, values []item, structures map[string]bool) string {
	for _, it := range values {
		if why := refuses(kind, it, structures); why != "" {
			return why
		}
	}
	return ""
}

func (s *structure) checkLayouts(t *testing.T) {
	for _, golden := range s.golden {
		parts := readGolden(t, golden).parts
		if len(parts) != len(s.rows) {
			t.Errorf("%s: %s.golden has %d fields, the table has %d", s.name, golden, len(parts), len(s.rows))
			continue
		}
		at, known := 0, true
		for i, p := range parts {
			r := s.rows[i]
			if p.Field != r.field {
				t.Errorf("%s: field %d of %s.golden is %s, the table says %s", s.name, i, golden, p.Field, r.field)
			}
			if want := strconv.Itoa(at); known && r.key != want {
				t.Errorf("%s: %s of %s.golden is at %s, the table says %s", s.name, r.field, golden, want, r.key)
			}
			n, err := strconv.Atoi(r.kind)
			if err == nil && n != len(p.Bytes) {
				t.Errorf("%s: %s of %s.golden has %d bytes, the table says %s", s.name, r.field, golden, len(p.Bytes), r.kind)
			}
			known = known && err == nil
			at += n
		}
	}
}

// checkTexts: each name of a field is in a golden file.
func (s *structure) checkTexts(t *testing.T) {
	var all strings.Builder
	for _, golden := range s.golden {
		text, err := os.ReadFile(goldenPath(t, golden))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, r := range s.rows {
		if !strings.Contains(all.String(), r.key) {
			t.Errorf("%s: no golden file has %s", s.name, r.key)
		}
	}
}

// TestEachGoldenFileIsTested: by a package that encodes it, and the page names it.
func TestEachGoldenFileIsTested(t *testing.T) {
	named := map[string]bool{}
	for _, s := range readPage(t) {
		for _, golden := range s.golden {
			named[golden] = true
		}
	}
	tested := map[string]bool{}
	for _, f := range goFiles(t) {
		if !strings.HasSuffix(f.path, "formats_test.go") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				tested[text] = true
			}
			return true
		})
	}
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".golden")
		if !named[name] {
			t.Errorf("docs/formats.md does not name %s", file)
		}
		if !tested[name] {
			t.Errorf("no test in a file formats_test.go compares %s", file)
		}
	}
	for name := range named {
		if _, err := os.Stat("testdata/" + name + ".golden"); err != nil {
			t.Errorf("the page names %s.golden, which is missing", name)
		}
	}
}

// TestEachKindOfFactHasARow: the kinds of the built-in domains, of the journal and of rosters, and no others.
func TestEachKindOfFactHasARow(t *testing.T) {
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	var registered []string
	for _, kind := range journal.Domain().Kinds {
		registered = append(registered, kind.Name)
	}
	for _, m := range set.Modules() {
		for _, kind := range m.Kinds {
			registered = append(registered, kind.Name)
		}
	}
	structures := map[string]bool{"an empty map": true}
	for _, s := range readPage(t) {
		structures[s.name] = true
	}
	rows := readKinds(t)
	for _, kind := range registered {
		switch payload, ok := rows[kind]; {
		case !ok:
			t.Errorf("docs/formats.md has no row for facts of kind %s", kind)
		case !structures[payload]:
			t.Errorf("the payload of %s is %s, which the page does not describe", kind, payload)
		}
	}
	for kind := range rows {
		if !slices.Contains(registered, kind) {
			t.Errorf("docs/formats.md has a row for %s, which is no kind of fact", kind)
		}
	}
}

// TestTheTablesHaveWhatTheTagsSay: each struct with tags of CBOR or JSON in a package that encodes for disk or wire
// has a table with its keys and names.
func TestTheTablesHaveWhatTheTagsSay(t *testing.T) {
	tagged, texts := taggedStructs(t, "cbor"), taggedStructs(t, "json", "toml")
	described := map[string]bool{}
	for _, s := range readPage(t) {
		for _, code := range s.code {
			described[code] = true
			fields, ok := tagged[code]
			if s.form == formText {
				fields, ok = texts[code]
			}
			if !ok {
				continue // written by hand; the golden file holds it
			}
			for _, f := range fields {
				if !slices.ContainsFunc(s.rows, func(r row) bool { return r.key == f.key && r.field == f.name }) {
					t.Errorf("%s: the field %s %s of %s has no row", s.name, f.key, f.name, code)
				}
			}
			for _, r := range s.rows {
				if !slices.ContainsFunc(fields, func(f field) bool { return r.key == f.key && r.field == f.name }) {
					t.Errorf("%s: the row %s %s is no field of %s", s.name, r.key, r.field, code)
				}
			}
		}
	}
	for code := range tagged {
		if !described[code] {
			t.Errorf("docs/formats.md does not describe %s", code)
		}
	}
	for code := range texts {
		if strings.HasPrefix(code, "localapi.") && !described[code] {
			t.Errorf("docs/formats.md does not describe %s", code)
		}
	}
	if len(tagged) < 100 {
		t.Errorf("%d structs with tags were found: the test does not see them", len(tagged))
	}
}

// field is a field of a struct with its key on disk or wire.
type field struct{ key, name string }

// goFile is a parsed file.
type goFile struct {
	path string // from the module's folder, with slashes
	ast  *ast.File
}

func goFiles(t *testing.T) (all []goFile) {
	t.Helper()
	root := module(t)
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != root) {
			return cmp.Or(err, fs.SkipDir)
		}
		if d.IsDir() || path.Ext(file) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		rel, _ := filepath.Rel(root, file)
		all = append(all, goFile{filepath.ToSlash(rel), parsed})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// taggedStructs returns the structs of production files with one of the tags, as package.Type, with the fields of embedded
// ones among theirs.
func taggedStructs(t *testing.T, tags ...string) map[string][]field {
	t.Helper()
	types := map[string]*ast.StructType{}
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") || strings.HasPrefix(f.path, "examples/") || strings.HasPrefix(f.path, "auratest/") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					types[f.ast.Name.Name+"."+spec.Name.Name] = s
				}
			}
			return true
		})
	}
	tagged := map[string][]field{}
	for name, s := range types {
		if slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool { tag := tagOf(f, tags); return tag != "" && tag != "-" }) {
			tagged[name] = fieldsOf(types, name, s, tags)
		}
	}
	return tagged
}

// tagOf returns the text of the first of the tags that a field has.
func tagOf(f *ast.Field, tags []string) string {
	if f.Tag == nil {
		return ""
	}
	text, _ := strconv.Unquote(f.Tag.Value)
	for _, tag := range tags {
		if value := reflect.StructTag(text).Get(tag); value != "" {
			return value
		}
	}
	return ""
}

func fieldsOf(types map[string]*ast.StructType, name string, s *ast.StructType, tags []string) (fields []field) {
	for _, f := range s.Fields.List {
		key, _, _ := strings.Cut(tagOf(f, tags), ",")
		if len(f.Names) == 0 {
			fields = append(fields, embedded(types, name, f.Type, tags)...)
		}
		for _, n := range f.Names {
			if k := key; ast.IsExported(n.Name) {
				if k == "" {
					k = n.Name
				}
				fields = append(fields, field{k, n.Name})
			}
		}
	}
	return fields
}

// embedded returns the fields of an embedded struct, of the same package or of another one.
func embedded(types map[string]*ast.StructType, within string, e ast.Expr, tags []string) []field {
	name := ""
	switch e := e.(type) {
	case *ast.Ident:
		pkg, _, _ := strings.Cut(within, ".")
		name = pkg + "." + e.Name
	case *ast.SelectorExpr:
		name = e.X.(*ast.Ident).Name + "." + e.Sel.Name
	}
	if s := types[name]; s != nil {
		return fieldsOf(types, name, s, tags)
	}
	return nil
}

// TestNumbersInUseHaveRows: the tables of the journal's store, and the numbers of channel messages with those that are
// promised.
func TestNumbersInUseHaveRows(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(module(t), "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range goFiles(t) {
		if f.path != "journal/key.go" && f.path != "egress/number.go" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				found++
				if row := "| `" + lit.Value + "` | " + spec.Names[0].Name + " |"; !strings.Contains(string(text), row) {
					t.Errorf("docs/formats.md has no row that begins with %s", row)
				}
			}
			return true
		})
	}
	if found < 25 {
		t.Errorf("%d numbers were found: the test does not see them", found)
	}
}

// TestPrefixesInUseHaveRows: functions that return keys of metadata or names of logs begin them with a literal.
func TestPrefixesInUseHaveRows(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(module(t), "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	prefix := regexp.MustCompile(`^"[a-z.]+/"$`)
	found := 0
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") || strings.HasPrefix(f.path, "examples/") {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasSuffix(fn.Name.Name, "Key") && !strings.HasSuffix(fn.Name.Name, "LogName") {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && prefix.MatchString(lit.Value) {
					found++
					if !strings.Contains(string(text), "\n| "+lit.Value+" |") {
						t.Errorf("docs/formats.md has no row for the prefix %s of %s", lit.Value, fn.Name.Name)
					}
				}
				return true
			})
		}
	}
	if found < 13 {
		t.Errorf("%d prefixes were found: the test does not see them", found)
	}
}

// TestLabelsInUseHaveRows: each text of the source that sets one use of a hash or a key apart from others is on the page, and
// each on the page is in the source. A row without an example says why there is none.
func TestLabelsInUseHaveRows(t *testing.T) {
	label := regexp.MustCompile(`^"aura(\.machine\.[a-z]+\.v[0-9]+|/[a-z/ ]+/[0-9]+| [a-z ]+ v?[0-9]+ ?(\\x00)?)"$`)
	rows, used := derivedRows(t), map[string]bool{}
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") || f.path == "app/demo.go" { // which keeps and sends nothing
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && label.MatchString(lit.Value) {
				text := strings.Trim(lit.Value, `"`)
				if used[text] = true; rows[text] == "" {
					t.Errorf("docs/formats.md has no row for the label %s of %s", lit.Value, f.path)
				}
			}
			return true
		})
	}
	for text := range rows {
		if !used[text] {
			t.Errorf("the label %q of docs/formats.md is not in the source", text)
		}
	}
	if len(used) < 35 {
		t.Errorf("%d labels were found: the test does not see them", len(used))
	}
}
