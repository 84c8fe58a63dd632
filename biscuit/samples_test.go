package biscuit_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

var update = flag.Bool("update", false, "rewrite testdata and docs/biscuit-samples.md")

const samplesTable = "../docs/biscuit-samples.md"

// The official samples, as samples.json describes them.
type (
	samples struct {
		RootPublicKey string       `json:"root_public_key"`
		Cases         []sampleCase `json:"testcases"`
	}
	sampleCase struct {
		Title       string                      `json:"title"`
		Filename    string                      `json:"filename"`
		Token       []sampleBlock               `json:"token"`
		Validations map[string]sampleValidation `json:"validations"`
	}
	sampleBlock struct {
		Symbols     []string `json:"symbols"`
		PublicKeys  []string `json:"public_keys"`
		ExternalKey *string  `json:"external_key"`
		Code        string   `json:"code"`
		Version     uint32   `json:"version"`
	}
	sampleValidation struct {
		World          *sampleWorld    `json:"world"`
		Result         json.RawMessage `json:"result"`
		AuthorizerCode string          `json:"authorizer_code"`
		RevocationIDs  []string        `json:"revocation_ids"`
	}
	sampleWorld struct {
		Facts    []sampleFacts  `json:"facts"`
		Rules    []sampleRules  `json:"rules"`
		Checks   []sampleChecks `json:"checks"`
		Policies []string       `json:"policies"`
	}
	sampleFacts struct {
		Origin []*int   `json:"origin"`
		Facts  []string `json:"facts"`
	}
	sampleRules struct {
		Origin uint64   `json:"origin"`
		Rules  []string `json:"rules"`
	}
	sampleChecks struct {
		Origin uint64   `json:"origin"`
		Checks []string `json:"checks"`
	}
)

// vectors returns the folder of the official samples, or skips the test.
func vectors(tb testing.TB) string {
	tb.Helper()
	root := os.Getenv("AURA_VECTORS")
	if root == "" {
		root = "../../shared/vectors"
	}
	dir := filepath.Join(root, "biscuit")
	if _, err := os.Stat(filepath.Join(dir, "samples.json")); err != nil {
		tb.Skipf("the official Biscuit samples are not at %s: set AURA_VECTORS to the folder that has biscuit/samples.json", dir)
	}
	return dir
}

func readSamples(tb testing.TB) (dir string, s samples) {
	tb.Helper()
	dir = vectors(tb)
	b, err := os.ReadFile(filepath.Join(dir, "samples.json"))
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		tb.Fatal(err)
	}
	return dir, s
}

// TestSamples holds the package to the official samples: for each token its contents, and for each
// validation the revocation identifiers, the authorizer's text, the world and the result.
func TestSamples(t *testing.T) {
	dir, s := readSamples(t)
	root, err := datalog.ParseKey("ed25519/" + s.RootPublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString(samplesHeader)
	var ran, all int
	for _, c := range s.Cases {
		all += len(c.Validations)
		t.Run(c.Filename, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(dir, c.Filename))
			if err != nil {
				t.Fatal(err)
			}
			token, err := biscuit.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			checkContents(t, c, token, b)
			for _, name := range slices.Sorted(maps.Keys(c.Validations)) {
				ran++
				t.Run("validation "+name, func(t *testing.T) {
					got := checkValidation(t, c.Validations[name], token, root)
					fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", strings.TrimSuffix(c.Filename, ".bc"), c.Title, name, got)
				})
			}
		})
	}
	if ran < all || t.Failed() {
		return // -run picked some samples, or one does not even load: the table would lack lines
	}
	if *update {
		if err := os.WriteFile(samplesTable, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(samplesTable)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), table.String()); diff != "" {
		t.Errorf("%s is not what the samples give; go test ./biscuit -run TestSamples -update rewrites it (-file +results):\n%s", samplesTable, diff)
	}
}

const samplesHeader = `# The official Biscuit samples

The result of package biscuit for each validation of each sample of eclipse-biscuit/biscuit (samples/current). Every line
agrees with the sample: the contents of the token, its revocation identifiers, the text of the authorizer, all
facts with their origins, rules, checks and policies, and the result or the class of error.
TestSamples writes this table (` + "`go test ./biscuit -run TestSamples -update`" + `) and fails when it is not up to date.

| sample | what it is | validation | result |
| --- | --- | --- | --- |
`

func checkContents(t *testing.T, c sampleCase, token *biscuit.Unverified, original []byte) {
	t.Helper()
	// These two describe the token before a block was replaced by noise, and before its blocks were
	// put in another order.
	broken := map[string]bool{"test006_reordered_blocks.bc": true, "test004_random_block.bc": true}
	if broken[c.Filename] {
		return
	}
	blocks, err := token.Blocks()
	if err != nil {
		t.Fatal(err)
	}
	var got []sampleBlock
	for _, b := range blocks {
		block := sampleBlock{Symbols: append([]string{}, b.Symbols...), PublicKeys: []string{}, Code: b.Code(), Version: b.Version}
		for _, k := range b.PublicKeys {
			block.PublicKeys = append(block.PublicKeys, k.String())
		}
		if b.External != nil {
			s := b.External.String()
			block.ExternalKey = &s
		}
		got = append(got, block)
	}
	if diff := cmp.Diff(c.Token, got); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(original, token.Encode()); diff != "" {
		t.Errorf("the token does not encode to the same bytes (-want +got):\n%s", diff)
	}
}

// checkValidation compares everything that a validation describes and returns its result in words.
func checkValidation(t *testing.T, want sampleValidation, token *biscuit.Unverified, root biscuit.PublicKey) string {
	t.Helper()
	verified, err := token.Verify(root)
	if err != nil {
		return checkResult(t, want, 0, err)
	}
	var ids []string
	for _, id := range verified.RevocationIDs() {
		ids = append(ids, hex.EncodeToString(id))
	}
	if len(want.RevocationIDs) > 0 {
		if diff := cmp.Diff(want.RevocationIDs, ids); diff != "" {
			t.Errorf("revocation identifiers (-want +got):\n%s", diff)
		}
	}
	program, err := datalog.Parse(want.AuthorizerCode, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := biscuit.NewAuthorizer(verified, program, biscuit.Options{Functions: sampleFunctions{}})
	if err != nil {
		return checkResult(t, want, 0, err)
	}
	if diff := cmp.Diff(want.AuthorizerCode, a.String()); diff != "" {
		t.Errorf("authorizer (-want +got):\n%s", diff)
	}
	policy, err := a.Authorize()
	if want.World == nil {
		t.Fatalf("the sample cannot be loaded; got %v", err)
	}
	if diff := cmp.Diff(*want.World, worldOf(a, program)); diff != "" {
		t.Errorf("world (-want +got):\n%s", diff)
	}
	return checkResult(t, want, policy, err)
}

func checkResult(t *testing.T, want sampleValidation, policy int, err error) string {
	t.Helper()
	var wanted any
	if err := json.Unmarshal(want.Result, &wanted); err != nil {
		t.Fatal(err)
	}
	got, words := resultOf(policy, err)
	if diff := cmp.Diff(simplify(wanted), got); diff != "" {
		t.Errorf("result (-want +got):\n%s\n%v", diff, err)
	}
	return words
}

// simplify reduces errors to their class where the text is that of another library.
func simplify(result any) any {
	for _, path := range [][]string{
		{"Err", "Format", "Signature", "InvalidSignature"},
		{"Err", "Format", "BlockSignatureDeserializationError"},
		{"Err", "FailedLogic", "InvalidBlockRule"},
	} {
		if at, ok := lookup(result, path); ok && at != nil {
			return strings.Join(path, ".")
		}
	}
	return result
}

func lookup(v any, path []string) (any, bool) {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[p]; !ok {
			return nil, false
		}
	}
	return v, true
}

// resultOf returns a result in the samples' form and in words.
func resultOf(policy int, err error) (any, string) {
	var denial *biscuit.Denial
	switch {
	case err == nil:
		return map[string]any{"Ok": float64(policy)}, fmt.Sprintf("allowed by policy %d", policy)
	case errors.As(err, &denial):
		return denialOf(denial), "denied: " + strings.ReplaceAll(denial.Error(), "|", `\|`)
	case errors.Is(err, biscuit.ErrSignatureForm):
		return "Err.Format.BlockSignatureDeserializationError", "refused: " + biscuit.ErrSignatureForm.Error()
	case errors.Is(err, biscuit.ErrSignature):
		return "Err.Format.Signature.InvalidSignature", "refused: " + biscuit.ErrSignature.Error()
	case errors.Is(err, datalog.ErrUnbound):
		return "Err.FailedLogic.InvalidBlockRule", "refused: " + datalog.ErrUnbound.Error()
	}
	for class, cause := range map[string]error{
		"Overflow": datalog.ErrOverflow, "ShadowedVariable": datalog.ErrShadowed, "InvalidType": datalog.ErrType,
	} {
		if errors.Is(err, cause) {
			return map[string]any{"Err": map[string]any{"Execution": class}}, "failed: " + cause.Error()
		}
	}
	return err.Error(), err.Error()
}

func denialOf(d *biscuit.Denial) any {
	checks := []any{}
	for _, c := range d.Checks {
		place := map[string]any{"check_id": float64(c.Check), "rule": c.Text}
		kind := "Authorizer"
		if c.Block >= 0 {
			kind, place["block_id"] = "Block", float64(c.Block)
		}
		checks = append(checks, map[string]any{kind: place})
	}
	class := map[string]any{"NoMatchingPolicy": map[string]any{"checks": checks}}
	if d.Decided {
		kind := map[datalog.PolicyKind]string{datalog.PolicyAllow: "Allow", datalog.PolicyDeny: "Deny"}[d.Kind]
		class = map[string]any{"Unauthorized": map[string]any{"policy": map[string]any{kind: float64(d.Policy)}, "checks": checks}}
	}
	return map[string]any{"Err": map[string]any{"FailedLogic": class}}
}

// worldOf describes an authorizer as the samples do: sorted within each origin.
func worldOf(a *biscuit.Authorizer, program *datalog.Program) sampleWorld {
	const authorizer = ^uint64(0)
	w := sampleWorld{Facts: []sampleFacts{}, Rules: []sampleRules{}, Checks: []sampleChecks{}, Policies: []string{}}
	facts := map[datalog.Origin][]string{}
	for f := range a.Facts() {
		facts[f.Origin] = append(facts[f.Origin], f.Predicate.String())
	}
	origins := slices.SortedFunc(maps.Keys(facts), func(a, b datalog.Origin) int {
		return slices.CompareFunc(originOf(a), originOf(b), func(x, y *int) int { return number(x) - number(y) })
	})
	for _, o := range origins {
		slices.Sort(facts[o])
		w.Facts = append(w.Facts, sampleFacts{originOf(o), facts[o]})
	}
	add := func(block uint64, p *datalog.Program) {
		if rules := texts(p.Rules); len(rules) > 0 {
			w.Rules = append(w.Rules, sampleRules{block, rules})
		}
		if checks := texts(p.Checks); len(checks) > 0 {
			w.Checks = append(w.Checks, sampleChecks{block, checks})
		}
	}
	for i, b := range a.Blocks() {
		add(uint64(i), &b.Program)
	}
	add(authorizer, program)
	for _, p := range program.Policies {
		w.Policies = append(w.Policies, p.String())
	}
	return w
}

func texts[T fmt.Stringer](statements []T) (out []string) {
	for _, s := range statements {
		out = append(out, s.String())
	}
	slices.Sort(out)
	return out
}

func originOf(o datalog.Origin) (out []*int) {
	if o&datalog.Authorizer != 0 {
		out = append(out, nil)
	}
	for _, b := range o.Blocks() {
		out = append(out, &b)
	}
	return out
}

func number(p *int) int {
	if p == nil {
		return -1
	}
	return *p
}

// sampleFunctions is extern::test as the samples assume it.
type sampleFunctions struct{}

func (sampleFunctions) Call(name string, args ...datalog.Term) (datalog.Term, error) {
	switch {
	case name != "test":
		return datalog.Term{}, datalog.ErrFunction
	case len(args) == 1:
		return args[0], nil
	case args[0].Equal(args[1]):
		return datalog.NewString("equal strings"), nil
	}
	return datalog.NewString("different strings"), nil
}
