// Command yaml_reference writes each line of JSON from standard input as sigs.k8s.io/yaml writes it, as one line of JSON.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

type answer struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		text, err := written(lines.Bytes())
		result := answer{Text: string(text)}
		if err != nil {
			result.Error = err.Error()
		}
		if err := encoder.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		// An answer to each line at once, so that a test can ask again.
		out.Flush()
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func written(line []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var object any
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	return yaml.Marshal(withNumbers(object))
}

// withNumbers makes numbers what Kubernetes makes of them: integers of 64 bits where they fit, else floats.
func withNumbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			value[key] = withNumbers(item)
		}
	case []any:
		for at, item := range value {
			value[at] = withNumbers(item)
		}
	case json.Number:
		if integer, err := value.Int64(); err == nil {
			return integer
		}
		// A number too large for a float stays as it is, and is refused by what encodes it.
		if float, err := value.Float64(); err == nil {
			return float
		}
	}
	return value
}
