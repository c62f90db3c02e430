-- What was last said of each product on the topic `catalogue`.
CREATE TABLE "listed_products" (
    "sku" TEXT NOT NULL,
    "product" JSON NOT NULL,

    CONSTRAINT "listed_products_pkey" PRIMARY KEY ("sku")
);
