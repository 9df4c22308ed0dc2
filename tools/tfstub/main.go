// Command tfstub is a stand-in for the AWS provider of Terraform: it serves the real provider's schema and
// invents what AWS would answer, so that a configuration can be initialised, validated, planned, applied
// and destroyed with no cloud and no provider binary. What passes it is schema-checked against
// hashicorp/aws 6.66.0; nothing is ever applied to AWS by it.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
)

// address is the provider that this one stands in for.
const address = "registry.terraform.io/hashicorp/aws"

func main() {
	catalog, err := loadCatalog()
	if err == nil {
		err = tf5server.Serve(address, func() tfprotov5.ProviderServer { return &provider{catalog: catalog} })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tfstub:", err)
		os.Exit(1)
	}
}
