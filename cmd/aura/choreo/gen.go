package choreo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo/gen"
	"github.com/aura-runtime/aura/ui/cli"
)

func genCommand(s *cli.Shell) *cobra.Command {
	var opts gen.Options
	var out string
	var types []string
	var given *sizes
	c := &cobra.Command{
		Use:   "gen FILE",
		Short: "Write Go: for each role a type for each of its situations",
		Long: `Write Go: for each role a type for each of its situations, with a method for each message that may be sent or received
there and no others. A wrong message does not compile. The sizes of families are fixed in the code. With --out a folder
gets the code and a package comment. With --type the payload of a name is a Go type that encodes and decodes itself
(MarshalBinary, UnmarshalBinary); any other payload is bytes.`,
		Example: "  aura choreo gen vote.tell --bind N=3\n  aura choreo gen vote.tell --bind N=3 --out vote",
		Args:    cli.Exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			inst, err := loadInstance(s, c, args[0], given)
			if err != nil {
				return err
			}
			if opts.Types, err = payloadTypes(c, types); err != nil {
				return err
			}
			code, err := gen.Go(inst, opts)
			if err != nil {
				return err
			}
			if out == "" {
				if s.JSON {
					return s.Object(map[string]string{"code": string(code)})
				}
				_, err := s.Out.Write(code)
				return err
			}
			sign, err := gen.Doc(inst.Protocol, opts)
			if err != nil {
				return err
			}
			return writeFiles(s, out, []outputFile{
				{gen.PackageName(inst.Protocol) + ".gen.go", code},
				{"doc.go", sign},
			})
		},
	}
	c.Flags().StringVar(&opts.Package, "package", "", "the package's name (default the protocol's in lower case)")
	c.Flags().StringSliceVar(&types, "type", nil, "a payload's Go type, such as shop.Item=example.org/shop.Item; may be repeated")
	c.Flags().StringVar(&out, "out", "", "a folder for the files (default: print the code)")
	defaultsFlags(c, &opts.Defaults)
	given = bindFlag(c)
	return c
}

// payloadTypes reads what --type was given.
func payloadTypes(c *cobra.Command, given []string) (map[string]gen.Type, error) {
	types := map[string]gen.Type{}
	for _, g := range given {
		payload, goType, _ := strings.Cut(g, "=")
		dot := strings.LastIndex(goType, ".")
		if payload == "" || dot < 1 {
			return nil, cli.Usage(c, "--type %s is not of the form shop.Item=example.org/shop.Item", g)
		}
		types[payload] = gen.Type{Import: goType[:dot], Name: goType[dot+1:]}
	}
	return types, nil
}

// outputFile is a file that a verb makes.
type outputFile struct {
	name string
	data []byte
}

// writeFiles puts files into a folder, which is created if need be, and says so.
func writeFiles(s *cli.Shell, folder string, files []outputFile) error {
	const op = "choreo.writeFiles"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	for _, f := range files {
		path := filepath.Join(folder, f.name)
		if err := os.WriteFile(path, f.data, 0o644); err != nil {
			return aura.Errorf(op, aura.Unavailable, "%w", err)
		}
		if err := s.Print(map[string]string{"file": path}, "%s", path); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	return nil
}
